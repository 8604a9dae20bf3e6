import { byteLevelCharacters } from '../tokenizers/train-byte-pair-encoding.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';

const REPLACEMENT = '\uFFFD';

/** How a SentencePiece vocabulary spells a single byte. */
const BYTE_TOKEN = /^<0x([0-9A-F]{2})>$/;

const NO_BYTES = new Uint8Array(0);

/**
 * The bytes that each token adds to a text that has begun: of parts of characters too, which decode to nothing by
 * themselves. Special tokens, and ids outside the vocabulary, add none.
 */
export class TokenBytes {
  private readonly known: (Uint8Array | undefined)[] = [];
  private readonly byteOf: ReadonlyMap<string, number>;
  /** A token that text begins with: the first token of a text may lose a space that it has elsewhere. */
  private readonly anchor: readonly number[];
  private readonly anchorLength: number;

  constructor(private readonly tokenizer: Pick<Tokenizer, 'encode' | 'decode' | 'tokenText'>) {
    this.byteOf = new Map(byteLevelCharacters().map((character, byte) => [character, byte]));
    this.anchor = tokenizer.encode('a', { addSpecialTokens: false });
    this.anchorLength = tokenizer.decode(this.anchor).length;
  }

  of(id: number): Uint8Array {
    return (this.known[id] ??= this.find(id));
  }

  private find(id: number): Uint8Array {
    const text = this.tokenizer
      .decode([...this.anchor, id], { skipSpecialTokens: true })
      .slice(this.anchorLength);
    if (!text.includes(REPLACEMENT)) return text === '' ? NO_BYTES : Buffer.from(text);
    const spelling = this.tokenizer.tokenText(id) ?? '';
    const byte = BYTE_TOKEN.exec(spelling)?.[1];
    if (byte !== undefined) return Uint8Array.of(parseInt(byte, 16));
    const bytes = Array.from(spelling, (character) => this.byteOf.get(character));
    return bytes.includes(undefined) ? Buffer.from(text) : Uint8Array.from(bytes as number[]);
  }
}
