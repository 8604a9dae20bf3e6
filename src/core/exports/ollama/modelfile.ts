import { ToolkitError } from '../../errors/toolkit-error.js';

/** What a Modelfile says of a model. */
export interface Modelfile {
  /** Path of the GGUF file, from the Modelfile. */
  readonly from: string;
  /** Go template. */
  readonly template?: string | undefined;
  readonly system?: string | undefined;
  /** `stop` may stand several times. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

/** Ollama takes what stands between quotes as it is: there is no way to write the quotes themselves. */
function quoted(text: string): string {
  if (!text.includes('"""') && /["\n]/.test(text)) return `"""${text}"""`;
  if (!text.includes('"')) return `"${text}"`;
  throw new ToolkitError('a text with three quotes cannot stand in a Modelfile', 'UNSUPPORTED');
}

/** Whether a text can be written into a Modelfile. */
export function isQuotable(text: string): boolean {
  return !text.includes('"""');
}

/** @throws ToolkitError `UNSUPPORTED` for a text that {@link isQuotable} denies */
export function writeModelfile({ from, template, system, parameters }: Modelfile): string {
  const lines = [
    `FROM ./${from}`,
    ...(template === undefined ? [] : [`TEMPLATE ${quoted(template)}`]),
    ...(system === undefined ? [] : [`SYSTEM ${quoted(system)}`]),
    ...parameters.map(
      ([name, value]) => `PARAMETER ${name} ${/^[\d.eE+-]+$/.test(value) ? value : quoted(value)}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

const COMMAND =
  /^[ \t]*(?<command>[A-Za-z]+)[ \t]+(?:(?<name>[a-z_]+)[ \t]+(?=["\d.-]))?(?:"""(?<long>.*?)"""|"(?<short>[^"]*)"|(?<plain>[^\n]*))[ \t]*$/gms;

/**
 * Reads a Modelfile as it is written here, and as most are.
 *
 * @param path for messages
 * @throws ToolkitError `BAD_CHECKPOINT` without `FROM`
 */
export function readModelfile(text: string, path: string): Modelfile {
  let [from, template, system] = [undefined, undefined, undefined] as (string | undefined)[];
  const parameters: [string, string][] = [];
  for (const { groups } of text.matchAll(COMMAND)) {
    const { command, name, long, short, plain } = groups as Record<string, string | undefined>;
    const value = long ?? short ?? plain!.trim();
    switch (command!.toUpperCase()) {
      case 'FROM':
        from = value;
        break;
      case 'TEMPLATE':
        template = value;
        break;
      case 'SYSTEM':
        system = value;
        break;
      case 'PARAMETER':
        if (name !== undefined) parameters.push([name, value]);
        break;
    }
  }
  if (from === undefined) {
    throw new ToolkitError(`${path}: has no FROM`, 'BAD_CHECKPOINT', 'Export the model again.');
  }
  return { from: from.replace(/^\.\//, ''), template, system, parameters };
}
