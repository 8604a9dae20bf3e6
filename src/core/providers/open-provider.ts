import { quoteName } from '../checkpoints/quote-name.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { didYouMean } from '../near-matches.js';
import { local } from './local.js';
import { ollama } from './ollama.js';
import { openai } from './openai.js';
import type { ProviderKind, ProviderOptions, ProviderPorts } from './provider-ports.js';
import type { Provider } from './provider.js';
import { recorded } from './recorded.js';

/** Every kind of provider. */
export const PROVIDER_KINDS: readonly ProviderKind[] = [local, openai, ollama, recorded];

const FORMS = `./FOLDER, ${PROVIDER_KINDS.map(({ form }) => form).join(', ')}`.replace(
  /, ([^,]*)$/,
  ' or $1',
);

/** A kind's name and a colon; one letter and a colon is a drive of Windows. */
const PREFIX = /^([A-Za-z][\w-]+):(.*)$/s;

/**
 * Opens where completions come from.
 *
 * @param spec `KIND:REST`, see {@link PROVIDER_KINDS}; anything else is the folder of a local model
 * @returns a provider that must be closed
 * @throws ToolkitError `USAGE` for a spec or an option that means nothing; what the kind's `open` throws
 */
export async function openProvider(
  spec: string,
  ports: ProviderPorts,
  options: ProviderOptions = {},
): Promise<Provider> {
  const [, prefix, rest = ''] = PREFIX.exec(spec) ?? [];
  const isPath = prefix === undefined || (await ports.files.stat(spec)) !== undefined;
  const kind = isPath ? local : kindNamed(prefix);
  const place = isPath ? spec : rest;
  if (place.trim() === '') {
    throw new ToolkitError(`The provider ${quoteName(spec)} names no model`, 'USAGE', `Write ${FORMS}.`);
  }
  if (prefix === undefined && (await ports.files.stat(spec)) === undefined) {
    throw new ToolkitError(`${spec}: no such file or folder`, 'NOT_FOUND', `Write ${FORMS}.`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !kind.options.includes(name as keyof ProviderOptions)) {
      throw new ToolkitError(`${kind.form} takes no ${flagOf(name)}`, 'USAGE', takersOf(name));
    }
  }
  return kind.open(place, options, ports);
}

/** The name of the kind that a spec means where no file is called like it. */
export function kindOfSpec(spec: string): string {
  return PREFIX.exec(spec)?.[1]?.toLowerCase() ?? local.name;
}

function kindNamed(name: string): ProviderKind {
  const kind = PROVIDER_KINDS.find((candidate) => candidate.name === name.toLowerCase());
  if (kind !== undefined) return kind;
  const suggestion = didYouMean(
    name,
    PROVIDER_KINDS.map((candidate) => candidate.name),
  );
  throw new ToolkitError(
    `There is no provider ${quoteName(name)}`,
    'USAGE',
    [...(suggestion === undefined ? [] : [suggestion]), `Write ${FORMS}.`].join(' '),
  );
}

/** `keyVariable` → `--key-variable`. */
function flagOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function takersOf(option: string): string {
  const takers = PROVIDER_KINDS.filter(({ options }) => (options as readonly string[]).includes(option));
  return `It is for ${takers.map(({ form }) => form).join(' and ')}.`;
}
