import { Flags } from '@oclif/core';
import { toCsvText } from '../../cli/csv.js';
import { numberFlag } from '../../cli/number-flag.js';
import { BaseCommand } from '../../cli/base-command.js';
import { APPROACHES } from '../../core/selection/need.js';
import type { RecommendationResult } from '../../lifecycle/select/recommend.js';

/** Models shown where nobody says how many. */
const USUAL_LIMIT = 5;

/** `genai select recommend`: models for a scope, with the reasons for and against each. */
export default class SelectRecommend extends BaseCommand<RecommendationResult> {
  static override summary = 'Recommend models for a scope, with reasons.';

  static override description =
    'Ranks the models that can do what scope.yaml says, or the flags, which go before it. None is recommended that the ' +
    'licence forbids, whose weights cannot be had, or that does not fit into the memory at this context and batch. ' +
    'Without --gpu or --memory this machine is meant.';

  static override examples = [
    {
      description: 'A summariser to sell, on one card:',
      command:
        '<%= config.bin %> <%= command.id %> --task summarization --licence commercial --gpu "RTX 4090"',
    },
    {
      description: 'For eight conversations at once in German, with the reasons against all others:',
      command:
        '<%= config.bin %> <%= command.id %> --task chat --language de --context 8192 --batch 8 --memory 80GB --all',
    },
    {
      description: 'Why the score is what it is:',
      command: '<%= config.bin %> <%= command.id %> --task sentiment --adapt full --gpu T4 --criteria',
    },
  ];

  static override flags = {
    scope: Flags.string({ summary: 'Read the scope from this file.', helpValue: 'scope.yaml' }),
    task: Flags.string({ summary: 'What the model is to do, e.g. summarization, chat or sentiment.' }),
    language: Flags.string({ multiple: true, summary: 'A language of the texts, e.g. de or German.' }),
    context: Flags.integer({ min: 1, summary: 'Tokens of a prompt with its completion.' }),
    batch: Flags.integer({ min: 1, summary: 'Sequences at the same time.' }),
    adapt: Flags.option({ options: APPROACHES })({
      summary: 'How it will be made to do the task; by default by prompting, or LoRA for labels.',
    }),
    licence: Flags.string({
      aliases: ['license'],
      summary: 'commercial, any, or the id of a licence.',
    }),
    derivatives: Flags.boolean({ allowNo: true, summary: 'Changed weights will be passed on to others.' }),
    'open-weights': Flags.boolean({ summary: 'Only weights that nobody need be asked for.' }),
    domain: Flags.string({ summary: 'Field of the texts, e.g. finance.' }),
    gpu: Flags.string({ summary: 'The accelerator it runs on.' }),
    gpus: Flags.integer({ min: 0, summary: 'How many of them; 0 for the processor alone.' }),
    memory: Flags.string({ summary: 'Memory of one device, e.g. 24GB.' }),
    dtype: Flags.string({
      multiple: true,
      summary: 'Formats allowed for the weights, the best first [default: bf16, int8, int4].',
    }),
    'max-params': Flags.string({ summary: 'Most parameters, e.g. 7B.' }),
    'tokens-per-second': numberFlag({
      summary: 'Least speed of one answer, held against the bandwidth of --gpu.',
    }),
    limit: Flags.integer({ min: 1, default: USUAL_LIMIT, summary: 'Models shown.' }),
    all: Flags.boolean({ summary: 'Show of every other model what rules it out.' }),
    criteria: Flags.boolean({ summary: 'Show what the score is made of, with sources.' }),
    csv: Flags.boolean({ summary: 'Print the ranking as CSV.', exclusive: ['json'] }),
  };

  async run(): Promise<RecommendationResult> {
    const { flags } = await this.parse(SelectRecommend);
    const { recommend } = await import('../../lifecycle/select/recommend.js');
    const result = await recommend(
      {
        ...flags,
        openWeights: flags['open-weights'],
        maxParams: flags['max-params'],
        tokensPerSecond: flags['tokens-per-second'],
      },
      await this.machinePorts(),
    );
    const view = await import('../../cli/renderers/recommendation.js');
    if (flags.csv) {
      this.print(toCsvText(view.recommendationRecords(result)));
      return result;
    }
    this.printParagraph(view.needText(result));
    const section = (columns: Parameters<typeof this.printTable>[0], rows: string[][]): void => {
      if (rows.length === 0) return;
      this.print('\n');
      this.printTable(columns, rows);
    };
    section(view.RECOMMENDATION_COLUMNS, view.recommendedRows(result, flags.limit));
    if (flags.all) section(view.EXCLUDED_COLUMNS, view.excludedRows(result));
    else section(view.EXCLUSION_COLUMNS, view.exclusionRows(result));
    if (flags.criteria) section(view.CRITERIA_COLUMNS, view.criteriaRows(result));
    this.print('\n');
    this.printParagraph(view.recommendationRemark(result, flags.limit));
    return result;
  }
}
