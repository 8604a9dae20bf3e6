import { TOPICS, type Topic } from '../../core/scope/plan-rules.js';
import type { ScopeResult } from '../../lifecycle/scope/scope.js';

/** A paragraph of a plan; not made safe for a terminal. */
export interface PlanParagraph {
  readonly text: string;
  /** Whether it only says what another rests on. */
  readonly isAside: boolean;
}

/** One part of a plan. */
export interface PlanSection {
  readonly title: string;
  readonly paragraphs: readonly PlanParagraph[];
}

const statement = (text: string): PlanParagraph => ({ text, isAside: false });
const aside = (text: string): PlanParagraph => ({ text, isAside: true });

function missingData({ available, examples, missing }: ScopeResult['plan']['data']): string {
  const all = `${examples.toLocaleString('en-US')} labelled examples`;
  return available === null
    ? `To have: ${all}; the scope does not say how many there are.`
    : `Of ${all} ${missing.toLocaleString('en-US')} are still to be gathered.`;
}

/** A plan as people read it: every advice with its reason, what made it fit, and its source. */
export function planSections({ plan }: ScopeResult): PlanSection[] {
  const { advice, data, metric, next_commands: commands } = plan;
  const conclusions: Partial<Record<Topic, string>> = {
    ...(metric.target !== null && { metric: `The bar: ${metric.name} of ${metric.target}.` }),
    ...(data.missing > 0 && { data: missingData(data) }),
  };
  const topics = Object.keys(TOPICS) as Topic[];
  const sections = topics.map((topic) => ({
    title: TOPICS[topic].title,
    paragraphs: [
      ...advice
        .filter((entry) => entry.topic === topic)
        .flatMap((entry) => [
          statement(`${entry.advice} ${entry.reason}`),
          ...(entry.because.length === 0 ? [] : [aside(`  because ${entry.because.join('; ')}`)]),
          aside(`  source: ${entry.source}`),
        ]),
      ...(conclusions[topic] === undefined ? [] : [statement(conclusions[topic])]),
    ],
  }));
  const next = commands.flatMap(({ command, purpose }) => [statement(`$ ${command}`), aside(`  ${purpose}`)]);
  return [...sections, { title: 'Next', paragraphs: next }].filter(({ paragraphs }) => paragraphs.length > 0);
}
