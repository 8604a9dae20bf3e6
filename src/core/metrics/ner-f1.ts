import { lenientEntities } from './tags/entities.js';
import { entityScores } from './tags/entity-scores.js';

/** Named entities found with the right type and both ends, as conlleval counts them. */
export const nerF1 = entityScores({
  id: 'ner-f1',
  name: 'F1 of named entities',
  key: 'ner',
  source: 'Tjong Kim Sang and De Meulder 2003, W03-0419 (conlleval); seqeval 1.2.2, default mode',
  find: lenientEntities,
  examples: [
    {
      rows: [
        {
          prediction: ['O', 'O', 'B-MISC', 'I-MISC', 'I-MISC', 'I-MISC', 'O'],
          reference: ['O', 'O', 'O', 'B-MISC', 'I-MISC', 'I-MISC', 'O'],
        },
        { prediction: ['B-PER', 'I-PER', 'O'], reference: ['B-PER', 'I-PER', 'O'] },
      ],
      values: {
        ner_f1: 0.5,
        ner_precision: 0.5,
        ner_recall: 0.5,
        ner_accuracy: 0.8,
        ner_macro_f1: 0.5,
        ner_weighted_f1: 0.5,
      },
      source: "the example of seqeval's documentation",
    },
  ],
});
