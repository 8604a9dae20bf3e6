import type { Tokenizer } from '../../tokenizers/tokenizer.js';
import type { ExportRunner, SpecialToken } from './export-runner.js';

/** What a runner does with texts. */
export type TextSide = Pick<
  ExportRunner,
  'begin' | 'end' | 'isEnd' | 'isSpecial' | 'tokenize' | 'hasChatTemplate' | 'renderChat' | 'encodeChat'
>;

/** Texts as a tokenizer in the layout of Hugging Face treats them. */
export function tokenizerSide(tokenizer: Tokenizer): TextSide {
  const special = (id: number | undefined): SpecialToken | undefined =>
    id === undefined ? undefined : { id, text: tokenizer.tokenText(id) ?? '' };
  const ends = new Set(tokenizer.endOfSequenceIds);
  const renderChat: TextSide['renderChat'] = (messages) =>
    tokenizer.renderChat(messages, { addGenerationPrompt: true });
  return {
    begin: special(tokenizer.beginOfSequenceId),
    end: special(tokenizer.endOfSequenceIds[0]),
    isEnd: (id) => ends.has(id),
    isSpecial: (id) => tokenizer.decode([id], { skipSpecialTokens: true }) === '',
    tokenize: (text, addSpecialTokens) => tokenizer.encode(text, { addSpecialTokens }),
    hasChatTemplate: tokenizer.hasChatTemplate,
    renderChat,
    encodeChat: (messages) => tokenizer.encode(renderChat(messages), { addSpecialTokens: false }),
  };
}
