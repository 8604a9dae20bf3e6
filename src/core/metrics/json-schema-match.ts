import { parseJsonText } from './json-validity.js';
import { meetsJsonSchema } from './structure/json-schema.js';
import { mean } from './text/mean.js';
import type { Metric } from './metric.js';

/** Share of texts that are JSON of the form that was asked for. */
export const jsonSchemaMatch: Metric<'structure', number> = {
  id: 'json-schema-match',
  name: 'JSON Schema match',
  needs: 'structure',
  formula: 'rows that parse as JSON and meet their schema / rows',
  source: 'JSON Schema, draft 2020-12; agrees with jsonschema 4 (Draft202012Validator) on the rules it has',
  higherIsBetter: true,
  range: [0, 1],
  isMean: true,
  statistic({ prediction, schema }) {
    const value = parseJsonText(prediction);
    return Number(value !== undefined && meetsJsonSchema(value, schema));
  },
  aggregate: (matches) => ({ json_schema_match: mean(matches) }),
  examples: [
    {
      rows: [
        '{"name": "Ada", "born": 1815}',
        '{"name": "Ada", "born": "1815"}',
        '{"name": "Ada"}',
        'Ada',
      ].map((prediction) => ({
        prediction,
        schema: {
          type: 'object',
          properties: { name: { type: 'string' }, born: { type: 'integer' } },
          required: ['name', 'born'],
        },
      })),
      values: { json_schema_match: 0.25 },
      source: 'by hand: a text for a number, a name missing, no JSON',
    },
  ],
};
