import { strictEntities } from './tags/entities.js';
import { entityScores } from './tags/entity-scores.js';

/** Named entities found with the right type and both ends, where an entity must begin with a B. */
export const nerF1Strict = entityScores({
  id: 'ner-f1-strict',
  name: 'F1 of named entities, strict IOB2',
  key: 'ner_strict',
  source: "Ramshaw and Marcus 1995, W95-0107, for the tags; seqeval 1.2.2, mode='strict', scheme=IOB2",
  find: strictEntities,
  examples: [
    {
      rows: [
        { prediction: ['I-LOC', 'O', 'B-PER'], reference: ['B-LOC', 'O', 'B-PER'] },
        { prediction: ['B-ORG', 'I-ORG'], reference: ['B-ORG', 'I-ORG'] },
      ],
      values: {
        ner_strict_f1: 0.8,
        ner_strict_precision: 1,
        ner_strict_recall: 2 / 3,
        ner_strict_accuracy: 0.8,
        ner_strict_macro_f1: 2 / 3,
        ner_strict_weighted_f1: 2 / 3,
      },
      source: 'by hand: I-LOC alone is no entity, so 2 of 2 found and 2 of 3 there',
    },
  ],
});
