import { badGguf, type GgufHeader, type GgufScalar } from '../gguf-header.js';
import { quoteName } from '../quote-name.js';
import { shortestDecimal } from './metadata.js';

/** Looks up metadata by their type; what is there but of another type is an error that names file and key. */
export class MetadataReader {
  /** @param prefix what every key is looked up under, e.g. `llama.` */
  constructor(
    readonly path: string,
    private readonly metadata: GgufHeader['metadata'],
    private readonly prefix = '',
  ) {}

  /** The same metadata under another prefix. */
  under(prefix: string): MetadataReader {
    return new MetadataReader(this.path, this.metadata, prefix);
  }

  private scalar<T extends GgufScalar>(
    key: string,
    kind: string,
    matches: (value: unknown) => value is T,
  ): T | undefined {
    const value = this.metadata.get(this.prefix + key);
    if (value === undefined || matches(value)) return value;
    throw badGguf(this.path, `its ${quoteName(this.prefix + key)} is not ${kind}`);
  }

  text(key: string): string | undefined {
    return this.scalar(key, 'a text', (value) => typeof value === 'string');
  }

  flag(key: string): boolean | undefined {
    return this.scalar(key, 'true or false', (value) => typeof value === 'boolean');
  }

  number(key: string): number | undefined {
    const value = this.scalar(key, 'a number', (found): found is number => Number.isFinite(found));
    return value === undefined ? undefined : shortestDecimal(value);
  }

  /** A number from 0 on that counts something. */
  size(key: string): number | undefined {
    return this.scalar(
      key,
      'a size',
      (value): value is number => Number.isSafeInteger(value) && (value as number) >= 0,
    );
  }

  requiredSize(key: string): number {
    return this.required(key, this.size(key));
  }

  requiredNumber(key: string): number {
    return this.required(key, this.number(key));
  }

  requiredText(key: string): string {
    return this.required(key, this.text(key));
  }

  private required<T>(key: string, value: T | undefined): T {
    if (value !== undefined) return value;
    throw badGguf(this.path, `its metadata do not say ${quoteName(this.prefix + key)}`);
  }

  /** A list of texts or of numbers; `undefined` where there is none. */
  texts(key: string): readonly string[] | undefined {
    return this.list(key, 'texts', (value) => typeof value === 'string');
  }

  numbers(key: string): readonly number[] | undefined {
    return this.list(key, 'numbers', (value) => typeof value === 'number');
  }

  private list<T extends GgufScalar>(
    key: string,
    kind: string,
    matches: (value: GgufScalar) => value is T,
  ): readonly T[] | undefined {
    const value = this.metadata.get(this.prefix + key);
    if (value === undefined) return undefined;
    const values = typeof value === 'object' ? value.values : undefined;
    if (values?.every(matches)) return values;
    throw badGguf(this.path, `its ${quoteName(this.prefix + key)} is not a list of ${kind}`);
  }
}
