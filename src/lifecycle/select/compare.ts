import { z } from 'zod';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { parseOptions } from '../parse-options.js';
import { findModel, loadModels, type CataloguePorts } from '../../core/selection/model-catalogue.js';
import { describeModel, type ModelDescription } from './show.js';

/** Models that are laid side by side at most: what a wide terminal holds. */
const MOST_COMPARED = 6;

const optionsSchema = z.object({
  models: z
    .array(z.string().min(1, 'names no model'))
    .min(2, 'needs two models or more')
    .max(MOST_COMPARED, `takes ${MOST_COMPARED} models at most`),
});

/** Options of {@link compareModels}. */
export type CompareModelsOptions = z.input<typeof optionsSchema>;

/** Models side by side. */
export interface ModelComparison {
  readonly models: readonly ModelDescription[];
  /** Fields in which they are not all the same. */
  readonly differences: readonly (keyof ModelDescription)[];
}

/** Fields that name a model rather than describe it. */
const NAMES: readonly (keyof ModelDescription)[] = ['id', 'name', 'label', 'hugging_face_id', 'sources'];

/**
 * Lays models side by side.
 *
 * @throws ToolkitError `NOT_FOUND` for a model that is not known, `USAGE` for one that is named twice
 */
export async function compareModels(
  options: CompareModelsOptions,
  ports: CataloguePorts,
): Promise<ModelComparison> {
  const { models: names } = parseOptions(optionsSchema, options);
  const all = await loadModels(ports);
  const found = await Promise.all(names.map((name) => findModel(name, all)));
  const twice = found.find((model, index) => found.indexOf(model) !== index);
  if (twice !== undefined) {
    throw new ToolkitError(`${twice.card.id}: is named twice`, 'USAGE', 'Name each model once.');
  }
  const models = found.map(describeModel);
  const [first, ...others] = models;
  const fields = Object.keys(first!) as (keyof ModelDescription)[];
  const differences = fields.filter((field) => {
    const text = JSON.stringify(first![field]);
    return !NAMES.includes(field) && others.some((other) => JSON.stringify(other[field]) !== text);
  });
  return { models, differences };
}
