import type { EvaluationResult } from './evaluation-result.js';
import type { CheckedThreshold } from './thresholds.js';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Whatever XML 1.0 does not allow, even as a reference: most control characters, lone surrogates, U+FFFE and U+FFFF. */
const NOT_IN_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** A text as the value of an attribute; line ends and tabs would become spaces, so they are references. */
function attribute(text: string): string {
  return text
    .replace(NOT_IN_XML, '\ufffd')
    .replace(/[&<>"]/g, (character) => ENTITIES[character]!)
    .replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * An evaluation as a test report that CI services read (JUnit's XML): one test for each threshold, and one that always
 * passes for each metric without any.
 */
export function junitReport(result: EvaluationResult, thresholds: readonly CheckedThreshold[]): string {
  const { task, model, metrics, usage, finished_at } = result;
  const isChecked = new Set(thresholds.map(({ metric }) => metric));
  const checked = thresholds.map(({ metric, value, measured, higher_is_better, reached }) => {
    const name = `${metric} ${higher_is_better ? '>=' : '<='} ${value}`;
    const head = `    <testcase classname="${attribute(task)}" name="${attribute(name)}"`;
    if (reached) return `${head}/>`;
    const message = attribute(
      `${metric} is ${measured}, and must be ${higher_is_better ? 'at least' : 'at most'} ${value}`,
    );
    return `${head}>\n      <failure type="threshold" message="${message}"/>\n    </testcase>`;
  });
  const others = metrics
    .filter(({ metric }) => !isChecked.has(metric))
    .map(
      ({ metric, value }) =>
        `    <testcase classname="${attribute(task)}" name="${attribute(`${metric} = ${value}`)}"/>`,
    );
  const cases = [...checked, ...others];
  const failures = thresholds.filter(({ reached }) => !reached).length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" time="${usage.seconds.toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${attribute(`${task}: ${model}`)}" timestamp="${attribute(finished_at)}" ${counts}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}
