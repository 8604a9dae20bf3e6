/**
 * What is used of `@huggingface/jinja` 0.5. Its own declarations import one another without file extensions, so that
 * under Node's module resolution they declare nothing.
 */
export interface JinjaLibrary {
  readonly Environment: new (parent?: JinjaEnvironment) => JinjaEnvironment;
  readonly Interpreter: new (scope: JinjaEnvironment) => { run(program: JinjaProgram): { value: string } };
  readonly parse: (tokens: readonly unknown[]) => JinjaProgram;
  readonly tokenize: (source: string, settings: JinjaSettings) => readonly unknown[];
}

/** How white space around `{% … %}` is treated. */
export interface JinjaSettings {
  readonly lstrip_blocks: boolean;
  readonly trim_blocks: boolean;
}

/** Variables by name; those of the parent are visible too. */
export interface JinjaEnvironment {
  /** Plain data and functions are converted to the template's own values. */
  set(name: string, value: unknown): void;
}

/** A parsed template. */
export interface JinjaProgram {
  readonly type: string;
}

/** Loads the library when the first template is compiled. */
export async function loadJinja(): Promise<JinjaLibrary> {
  const library: unknown = await import('@huggingface/jinja');
  return library as JinjaLibrary;
}
