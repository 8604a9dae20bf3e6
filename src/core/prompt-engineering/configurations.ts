import type { PromptSettings } from '../prompts/prompt-template.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { isSampling } from '../generation/sampling.js';

/** Settings of generation, under the names that prompt templates know them by. */
export type PromptGeneration = PromptSettings['generation'];

/** Settings that a grid can go through. */
const SWEPT_SETTINGS = [
  'temperature',
  'top_k',
  'top_p',
  'min_p',
  'repetition_penalty',
  'max_new_tokens',
  'beams',
] as const;

/** One of {@link SWEPT_SETTINGS}. */
export type SweptSetting = (typeof SWEPT_SETTINGS)[number];

/** The values of each setting that are tried; those left out are the prompt's own. */
export type SettingValues = { readonly [Setting in SweptSetting]?: readonly number[] | undefined };

/** One cell of the grid. */
export interface Configuration {
  /** Place of its prompt among those that are tried. */
  readonly prompt: number;
  readonly shots: number;
  /** What is set otherwise than the prompt says. */
  readonly settings: { readonly [Setting in SweptSetting]?: number };
}

/** Cells of a grid at most: more are no comparison that rows could decide. */
export const MOST_CONFIGURATIONS = 500;

/**
 * Every combination of prompts, numbers of examples and settings, the prompts first and the settings last.
 *
 * @throws ToolkitError `USAGE` for more than {@link MOST_CONFIGURATIONS}
 */
export function listConfigurations(
  prompts: number,
  shots: readonly number[],
  values: SettingValues,
): Configuration[] {
  const axes = SWEPT_SETTINGS.flatMap((setting) => {
    const own = values[setting] ?? [];
    return own.length > 0 ? [{ setting, own }] : [];
  });
  const count = axes.reduce((product, { own }) => product * own.length, prompts * shots.length);
  if (count > MOST_CONFIGURATIONS) {
    throw new ToolkitError(
      `the grid has ${count} configurations; ${MOST_CONFIGURATIONS} are the most`,
      'USAGE',
      'Give fewer values: settings that do not act together can be tried one after the other.',
    );
  }
  const settings = axes.reduce<Configuration['settings'][]>(
    (made, { setting, own }) => made.flatMap((one) => own.map((value) => ({ ...one, [setting]: value }))),
    [{}],
  );
  return Array.from({ length: prompts }, (_, prompt) =>
    shots.flatMap((number) => settings.map((one) => ({ prompt, shots: number, settings: one }))),
  ).flat();
}

/** How a configuration generates: the prompt's own settings, and those that are set otherwise. */
export function generationOf(own: PromptGeneration, { settings }: Configuration): PromptGeneration {
  return { ...own, ...settings };
}

/**
 * Sees to it that nothing is to be drawn where beams look for the likeliest text.
 *
 * @throws ToolkitError `USAGE`
 */
export function assertBeamsAlone(own: PromptGeneration, where: string, configuration: Configuration): void {
  const generation = generationOf(own, configuration);
  const { beams = 1, temperature, top_k: topK, top_p: topP, min_p: minP } = generation;
  if (beams <= 1 || !isSampling({ temperature, topK, topP, minP })) return;
  const drawing = (['temperature', 'top_k', 'top_p', 'min_p'] as const).find((name) => generation[name])!;
  const named = (name: 'beams' | typeof drawing): string =>
    configuration.settings[name] === undefined
      ? `${name} ${generation[name]} of ${where}`
      : `--${name.replaceAll('_', '-')} ${generation[name]}`;
  throw new ToolkitError(
    `${named('beams')} looks for the likeliest text, and ${named(drawing)} draws one: they do not go together`,
    'USAGE',
    'Try beams with --temperature 0, and settings that draw without beams.',
  );
}
