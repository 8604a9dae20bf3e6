import { ToolkitError } from '../core/errors/toolkit-error.js';

/** Flags whose text is a number: one that need not be whole, or one of a few. */
const NUMBER_FLAGS = [
  'epochs',
  'learning-rate',
  'weight-decay',
  'max-grad-norm',
  'eval-fraction',
  'lora-alpha',
  'lora-dropout',
  'qat-block-size',
];
/** Flags about where a run is computed, or whether it is, not what. */
const OTHER_FLAGS = ['engine', 'device', 'threads', 'resume', 'estimate', 'json', 'quiet'];

function numberOf(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new ToolkitError(
    `--${flag} ${JSON.stringify(text)} is not a number`,
    'USAGE',
    `Give for example --${flag} 0.001 or 1e-3.`,
  );
}

/**
 * Options of a training run from its command's flags; what was not given is left to the defaults.
 *
 * @param required flags without which there is nothing to run
 * @throws ToolkitError `USAGE` for a required flag that is missing or a number that is none
 */
export function readTrainingFlags<Options>(
  flags: Readonly<Record<string, unknown>>,
  required: readonly string[],
): Options {
  const missing = required.filter((flag) => flags[flag] === undefined);
  if (missing.length > 0) {
    throw new ToolkitError(
      `${missing.map((flag) => `--${flag}`).join(', ')} must be given`,
      'USAGE',
      `Give ${required.map((flag) => `--${flag}`).join(', ')}, or --resume with the folder of a run.`,
    );
  }
  const options: Record<string, unknown> = {};
  for (const [flag, value] of Object.entries(flags)) {
    if (value === undefined || OTHER_FLAGS.includes(flag)) continue;
    const option = flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (NUMBER_FLAGS.includes(flag)) options[option] = numberOf(flag, value as string);
    else if (flag === 'lora-targets')
      options[option] = (value as string).split(',').map((target) => target.trim());
    else options[option] = value;
  }
  return options as Options;
}

/**
 * A run goes on with the settings it began with: a setting given beside `--resume` would be dropped.
 *
 * @throws ToolkitError `USAGE` that names every such flag
 */
export function checkResumeFlags(flags: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(flags).filter((flag) => flags[flag] !== undefined && !OTHER_FLAGS.includes(flag));
  if (given.length === 0) return;
  throw new ToolkitError(
    `${given.map((flag) => `--${flag}`).join(', ')} cannot be given with --resume: a run goes on with its own settings`,
    'USAGE',
    'Leave them out, or start a new run with --out.',
  );
}
