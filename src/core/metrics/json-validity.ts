import { mean } from './text/mean.js';
import type { Metric } from './metric.js';

/** The value of a JSON text; `undefined`, which no JSON has, for another text. */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Share of texts that are JSON as a whole, with nothing around it: no fence of Markdown, no words before. */
export const jsonValidity: Metric<'generation', number> = {
  id: 'json-validity',
  name: 'JSON validity',
  needs: 'generation',
  formula: 'rows that parse as JSON / rows',
  source: 'RFC 8259',
  higherIsBetter: true,
  range: [0, 1],
  isMean: true,
  statistic: ({ prediction }) => Number(parseJsonText(prediction) !== undefined),
  aggregate: (valid) => ({ json_validity: mean(valid) }),
  examples: [
    {
      rows: [
        { prediction: '{"a": [1, 2.5e3, null]}' },
        { prediction: ' "text"\n' },
        { prediction: '{"a": 1,}' },
        { prediction: "{'a': 1}" },
        { prediction: '```json\n{}\n```' },
      ],
      values: { json_validity: 0.4 },
      source: 'RFC 8259: any value is a JSON text; no comma at the end, no single quotes, nothing around it',
    },
  ],
};
