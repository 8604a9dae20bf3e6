import { isPickleName, refusePickle } from '../../../core/checkpoints/pickled-weights.js';
import { quoteName } from '../../../core/checkpoints/quote-name.js';
import { ToolkitError } from '../../../core/errors/toolkit-error.js';
import { matchesWildcard } from './wildcard.js';

/** Files in the repository's own folder that a model needs, and what may be done with it. */
const USUAL_FILES = [
  '*.safetensors',
  '*.safetensors.index.json',
  'config.json',
  'generation_config.json',
  'preprocessor_config.json',
  'processor_config.json',
  'adapter_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'vocab.txt',
  'merges.txt',
  '*.model',
  'chat_template.json',
  '*.jinja',
  'README*',
  'LICENSE*',
  'LICENCE*',
  'NOTICE*',
  'USE_POLICY*',
];

/** Weights once more, in the layout of the authors' own program: beside `model*.safetensors` they are not needed. */
const OTHER_LAYOUT = 'consolidated*.safetensors';

/** GGUF files that a message names. */
const NAMES_SHOWN = 5;

/** Which files of a repository are wanted. */
export interface Choice {
  /** Patterns of paths; empty for what a model needs. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** Files chosen, and pickles that were left out. */
export interface Selection<File> {
  readonly files: readonly File[];
  readonly skippedPickles: readonly string[];
}

const matchesAny = (path: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => matchesWildcard(path, pattern.endsWith('/') ? `${pattern}*` : pattern));

const isWeights = (path: string): boolean => /\.(safetensors|gguf|onnx)$/i.test(path);
const isPickle = (path: string): boolean => isPickleName(path.toLowerCase());

function usualPaths(paths: readonly string[]): Set<string> {
  const chosen = paths.filter((path) => !path.includes('/') && matchesAny(path, USUAL_FILES));
  const hasUsualWeights = chosen.some((path) => matchesWildcard(path, 'model*.safetensors'));
  return new Set(chosen.filter((path) => !hasUsualWeights || !matchesWildcard(path, OTHER_LAYOUT)));
}

/**
 * Chooses the files to download. Pickles never are among them.
 * @throws UNSUPPORTED where the weights are pickles alone, USAGE where nothing is left or a choice must be made
 */
export function selectFiles<File extends { readonly path: string }>(
  id: string,
  files: readonly File[],
  { include, exclude }: Choice,
): Selection<File> {
  const paths = files.map(({ path }) => path);
  const usual = usualPaths(paths);
  const candidates = files.filter(({ path }) => !matchesAny(path, exclude));
  const wanted = candidates.filter(({ path }) =>
    include.length === 0 ? usual.has(path) : matchesAny(path, include),
  );
  const chosen = wanted.filter(({ path }) => !isPickle(path));
  const pickles = (include.length === 0 ? candidates : wanted).map(({ path }) => path).filter(isPickle);
  const firstPickle = pickles[0];
  if (firstPickle !== undefined && !paths.some(isWeights)) throw refusePickle(`${id}/${firstPickle}`);

  if (include.length === 0 && !chosen.some(({ path }) => isWeights(path))) {
    const gguf = paths.filter((path) => /\.gguf$/i.test(path));
    if (gguf.length > 0) {
      const names = gguf.slice(0, NAMES_SHOWN).map(quoteName).join(', ');
      throw new ToolkitError(
        `${id} has its weights in ${gguf.length} GGUF file${gguf.length === 1 ? '' : 's'}, each of which is a whole model`,
        'USAGE',
        `Choose with --include: ${names}${gguf.length > NAMES_SHOWN ? ', …' : ''}`,
      );
    }
  }
  if (chosen.length === 0) {
    throw new ToolkitError(
      `${id}: no file is left to download`,
      'USAGE',
      include.length === 0
        ? 'It may be no model for transformers; choose files with --include.'
        : 'See the names of the files on the model’s page; in a pattern * stands for any characters.',
    );
  }
  return { files: chosen, skippedPickles: pickles };
}
