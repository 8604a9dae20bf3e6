import { ToolkitError } from '../../errors/toolkit-error.js';
import { averageScore, ratio, type LabelCounts } from '../labels/label-scores.js';
import type { Metric, MetricExample, TagRow } from '../metric.js';
import { entityType, type EntityKey } from './entities.js';

export interface EntityStatistic {
  /** Entities by type: found rightly, found, there. */
  readonly types: ReadonlyMap<string, LabelCounts>;
  readonly tags: number;
  readonly rightTags: number;
}

const NONE: LabelCounts = { hits: 0, claimed: 0, support: 0 };

function add(totals: Map<string, LabelCounts>, type: string, counts: LabelCounts): void {
  const known = totals.get(type) ?? NONE;
  totals.set(type, {
    hits: known.hits + counts.hits,
    claimed: known.claimed + counts.claimed,
    support: known.support + counts.support,
  });
}

/** A metric of named entities (Tjong Kim Sang and De Meulder 2003), from how entities are found in tags. */
export function entityScores(options: {
  readonly id: string;
  readonly name: string;
  /** What the names of its values begin with. */
  readonly key: string;
  readonly source: string;
  readonly find: (tags: readonly string[]) => Set<EntityKey>;
  readonly examples: readonly MetricExample<TagRow>[];
}): Metric<'tags', EntityStatistic> {
  const { find, key, ...description } = options;
  return {
    ...description,
    needs: 'tags',
    formula:
      '2 × P × R / (P + R), over all rows together: P = entities found with type and both ends right / entities found, R = the same / entities there; macro and weighted are means over types',
    higherIsBetter: true,
    range: [0, 1],
    statistic({ prediction, reference }) {
      if (prediction.length !== reference.length) {
        throw new ToolkitError(
          `A row has ${prediction.length} predicted tags for ${reference.length} right ones.`,
          'BAD_DATASET',
          'Give every token of the text one tag, on both sides.',
        );
      }
      const types = new Map<string, LabelCounts>();
      const [found, wanted] = [find(prediction), find(reference)];
      for (const entity of found) {
        add(types, entityType(entity), { hits: Number(wanted.has(entity)), claimed: 1, support: 0 });
      }
      for (const entity of wanted) add(types, entityType(entity), { hits: 0, claimed: 0, support: 1 });
      const rightTags = prediction.filter((tag, index) => tag === reference[index]).length;
      return { types, tags: reference.length, rightTags };
    },
    aggregate(rows) {
      const totals = new Map<string, LabelCounts>();
      for (const { types } of rows) for (const [type, counts] of types) add(totals, type, counts);
      const counts = [...totals.values()];
      const f1 = averageScore(counts, 'f1');
      const sum = (count: 'tags' | 'rightTags'): number => rows.reduce((total, row) => total + row[count], 0);
      return {
        [`${key}_f1`]: f1.micro,
        [`${key}_precision`]: averageScore(counts, 'precision').micro,
        [`${key}_recall`]: averageScore(counts, 'recall').micro,
        [`${key}_accuracy`]: ratio(sum('rightTags'), sum('tags')),
        [`${key}_macro_f1`]: f1.macro,
        [`${key}_weighted_f1`]: f1.weighted,
      };
    },
  };
}
