import { settingTexts } from '../../core/prompt-engineering/setting-texts.js';
import type {
  ExplainedPrompt,
  PromptEngineerResult,
  RankedConfiguration,
  SentPrompt,
} from '../../lifecycle/adapt/prompt-engineer.js';
import { formatCount, formatFigure } from '../format.js';
import type { Column } from '../table.js';

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

/** What was measured, in one line. */
export function sweepTitle({ model, dataset, configurations, labels_by }: PromptEngineerResult): string {
  const count = configurations.length;
  const how =
    labels_by === null
      ? ''
      : labels_by === 'likelihood'
        ? '; the likeliest label counts'
        : '; the label that is written counts';
  return `${count} ${count === 1 ? 'configuration' : 'configurations'} on ${formatCount(dataset.rows)} ${dataset.rows === 1 ? 'row' : 'rows'} of ${dataset.path}: ${model}${how}`;
}

/** Columns of {@link rankedRows}. */
export function rankedColumns({ metric, confidence, configurations }: PromptEngineerResult): Column[] {
  const areSettingsTried = hasSettings(configurations);
  return [
    { title: '', align: 'right' },
    { title: 'prompt' },
    { title: 'shots', align: 'right' },
    ...(areSettingsTried ? [{ title: 'settings' }] : []),
    { title: metric, align: 'right' },
    { title: `${Number((confidence * 100).toFixed(4))} % interval`, align: 'right' },
    { title: 'tokens', align: 'right' },
    { title: 'window', align: 'right' },
  ];
}

/** One row per configuration, the best first. */
export function rankedRows({ configurations }: PromptEngineerResult): string[][] {
  const areSettingsTried = hasSettings(configurations);
  return configurations.map((one) => [
    String(one.rank),
    one.prompt,
    String(one.shots),
    ...(areSettingsTried ? [settingTexts(one.settings).join(', ')] : []),
    formatFigure(one.value),
    intervalText(one),
    one.prompt_tokens === null ? '–' : formatCount(one.prompt_tokens),
    one.window_share === null ? '–' : percent(one.window_share),
  ]);
}

function hasSettings(configurations: readonly RankedConfiguration[]): boolean {
  return configurations.some(({ settings }) => Object.keys(settings).length > 0);
}

function intervalText({ low, high }: RankedConfiguration): string {
  return low === null || high === null ? '–' : `${formatFigure(low)}–${formatFigure(high)}`;
}

/** What is to be said of a sweep beside its table: what was cut, how sure the best is, and whether examples still pay. */
export function sweepRemarks(result: PromptEngineerResult): string[] {
  const { configurations, comparison, judgement } = result;
  const dropped = droppedLine(result);
  const isCurve = new Set(configurations.map(({ shots }) => shots)).size > 1;
  const isToBeTold = judgement !== null && (isCurve || judgement.verdict !== 'measure-more');
  return [
    ...(dropped === undefined ? [] : [dropped]),
    ...(comparison === null ? [] : [comparison]),
    ...(isToBeTold ? [`${judgement.sentence} ${judgement.reason}`] : []),
    ...(configurations.length > 1
      ? [
          'The best was chosen on these rows, which flatters its score: measure it on others before you rely on it.',
        ]
      : []),
  ];
}

/** Which configurations had no room for all examples; `undefined` where all had. */
function droppedLine({ configurations, dataset }: PromptEngineerResult): string | undefined {
  const short = configurations.filter((one) => one.rows_with_fewer_examples > 0);
  if (short.length === 0) return undefined;
  const parts = short.map(
    ({ rank, rows_with_fewer_examples }) => `${formatCount(rows_with_fewer_examples)} at ${rank}`,
  );
  return `Rows with fewer examples than asked for, as the context window had no room (of ${formatCount(dataset.rows)}): ${parts.join(', ')}.`;
}

/** What is told above a prompt that is shown. */
export function sentTitle(one: SentPrompt | ExplainedPrompt): string {
  const { prompt, shots, row, tokens, context_length, window_share, dropped_examples } = one;
  const parts = [
    `${prompt}, row ${row + 1}, ${shots} ${shots === 1 ? 'example' : 'examples'}`,
    ...('settings' in one ? settingTexts(one.settings) : []),
    tokens === null ? 'tokens are not known' : `${formatCount(tokens)} tokens`,
    ...(window_share === null ? [] : [`${percent(window_share)} of ${formatCount(context_length!)}`]),
    dropped_examples === 0 ? 'nothing cut' : `${dropped_examples} of the examples cut`,
  ];
  return `── ${parts.join(' · ')}`;
}

/** A prompt as it is sent; a conversation turn by turn. */
export function sentText({ sent }: SentPrompt): string {
  if (sent.kind === 'text') return sent.text;
  return sent.messages.map(({ role, content }) => `[${role}]\n${content}`).join('\n');
}
