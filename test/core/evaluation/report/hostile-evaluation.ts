import type {
  EvaluationResult,
  EvaluationSample,
} from '../../../../src/core/evaluation/evaluation-result.js';
import { exampleResult, exampleSample } from './example-evaluation.js';

/** Texts that tried to be more than text, in reports and terminals of all kinds; scripts in them set `obeyed`. */
export const HOSTILE_TEXTS: Readonly<Record<string, string>> = {
  'a script': '<script>obeyed = 1</script>',
  'the end of a script': '</script><script>obeyed = 1</script>',
  'the end of a script in capitals': '</SCRIPT ><img src=x onerror="obeyed = 1">',
  'a comment': '<!--<script>',
  'the end of a comment': '--><svg onload="obeyed = 1">',
  'an image': '<img src="http://localhost:9/x" onerror="obeyed = 1">',
  'the end of an attribute': `"'><iframe srcdoc="<script>parent.obeyed = 1</script>"></iframe>`,
  'the end of a style': '</style></title></textarea></pre></noscript><base href="http://localhost:9/">',
  'a policy': '<meta http-equiv="refresh" content="0;url=http://localhost:9/">',
  'an address': 'javascript:obeyed=1',
  entities: '&lt;script&gt; &amp; &#0; &notanentity',
  'a formula': '=HYPERLINK("http://localhost:9/","x")',
  'a template': '${obeyed = 1} {{obeyed}} `x`',
  'ANSI escapes': '\u001b[2J\u001b]0;owned\u0007\u009b31m',
  'reversed text': 'user\u202e\u2066// nimda\u2069 \u200f',
  'control characters':
    Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('') + '\u007f',
  'line separators': 'a\u2028b\u2029c\r\nd\ufeff',
  'half a surrogate pair': 'a\ud800b\udc00\uffff',
  'many combining marks': `Z${'\u0310\u0321'.repeat(200)}`,
  'names of objects': '__proto__ constructor toString',
  'one long word': 'w'.repeat(5000),
  'a million characters': 'long '.repeat(200_000),
  nothing: '',
};

/** An evaluation with a hostile text in every field that holds text, each text in a row. */
export function hostileEvaluation(): { result: EvaluationResult; samples: EvaluationSample[] } {
  const everything = Object.values(HOSTILE_TEXTS)
    .filter(({ length }) => length < 10_000)
    .join(' ');
  const metric = {
    metric: everything,
    value: 0.5,
    low: null,
    high: null,
    higher_is_better: true,
  };
  const samples = Object.values(HOSTILE_TEXTS).map((text, index) =>
    exampleSample(index, {
      row_hash: `${text.slice(0, 10_000)}${index}`,
      prompt: text,
      targets: [text, everything],
      prediction: text,
      completion: `${text} and more`,
      choices: [
        { text, log_likelihood: -1 },
        { text: everything, log_likelihood: -Infinity },
      ],
      scores: { [everything]: 0.5, ['__proto__']: index },
      slices: { [everything]: text.slice(0, 10_000), ['__proto__']: 'x' },
    }),
  );
  return {
    samples,
    result: exampleResult({
      task: everything,
      kind: 'classification',
      model: everything,
      model_fingerprint: everything,
      dataset: { path: everything, sha256: everything, rows: samples.length },
      task_hash: everything,
      metrics: [metric],
      slices: [{ field: everything, value: everything, rows: 1, metrics: [metric] }],
      toolkit_version: everything,
      finished_at: everything,
    }),
  };
}
