import type { PromptSettings } from '../prompts/prompt-template.js';
import { ToolkitError } from '../errors/toolkit-error.js';

/** Settings of generation, under the names that prompt templates know them by. */
export type PromptGeneration = PromptSettings['generation'];

/** Settings that a grid can go through. */
export const SWEPT_SETTINGS = [
  'temperature',
  'top_k',
  'top_p',
  'min_p',
  'repetition_penalty',
  'max_new_tokens',
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
