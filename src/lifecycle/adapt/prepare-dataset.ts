import type { Example } from '../../core/dataset-formats/example.js';
import {
  holdOut,
  readDataset,
  type DatasetFile,
  type RowProblem,
} from '../../core/dataset-formats/read-dataset.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import type { Tokenizer } from '../../core/tokenizers/tokenizer.js';
import type { Batch } from '../../core/training/batch.js';
import { auditDataset, type DatasetAudit } from '../../core/training/dataset/audit.js';
import { evaluationBatches, planBatches, type BatchPlan } from '../../core/training/dataset/batches.js';
import { encodeExample, type EncodedRow } from '../../core/training/dataset/encode-example.js';
import type { FileSystem } from '../../platform/file-system.js';
import type { ResolvedFineTuneOptions } from './fine-tune-options.js';

/** Fewest training rows of which some are held out for evaluation. */
const FEWEST_ROWS_TO_HOLD_OUT = 20;
/** Most rows held out from the training part: more say nothing new and take longer. */
const MOST_ROWS_HELD_OUT = 500;
/** Bad rows named in one message; all of them are in the error's list and in `rejected.jsonl`. */
const SHOWN_PROBLEMS = 50;

/** What the user is shown before anything is trained. */
export interface DatasetReport {
  readonly format: string;
  readonly sources: readonly DatasetFile[];
  readonly audit: DatasetAudit;
  readonly evaluation_rows: number;
  /** Where the evaluation rows are from. */
  readonly evaluation_from: 'validation file' | 'training rows held out' | 'none';
  readonly rejected_rows: readonly RowProblem[];
}

/** A dataset ready to be trained on. */
export interface PreparedDataset {
  readonly report: DatasetReport;
  readonly batches: BatchPlan;
  readonly evaluation: readonly Batch[];
  /** Rows set aside, as JSON lines. */
  readonly rejectedRows: string;
}

/** Some rows of a dataset cannot be used; every one is listed. */
export class BadRowsError extends ToolkitError {
  override readonly name = 'BadRowsError';

  constructor(readonly problems: readonly RowProblem[]) {
    const shown = problems
      .slice(0, SHOWN_PROBLEMS)
      .map(({ file, line, why }) => `\n  ${file}:${line}: ${why}`);
    const more = problems.length > SHOWN_PROBLEMS ? `\n  … and ${problems.length - SHOWN_PROBLEMS} more` : '';
    super(
      `${problems.length} ${problems.length === 1 ? 'row' : 'rows'} of the dataset cannot be used:${shown.join('')}${more}`,
      'BAD_DATASET',
      'Mend them, or set them aside with --skip-bad-rows.',
    );
  }
}

/**
 * Reads, checks, encodes and batches a dataset.
 *
 * @throws ToolkitError `BAD_DATASET` when rows are bad and not to be skipped, or nothing is left to learn from
 */
export async function prepareDataset(
  options: ResolvedFineTuneOptions,
  sequenceLength: number,
  tokenizer: Tokenizer,
  { files }: { readonly files: FileSystem },
): Promise<PreparedDataset> {
  const { splits, problems, format, sources } = await readDataset(files, options.dataset, {
    ...(options.format !== undefined && { format: options.format }),
  });
  if (problems.length > 0 && (!options.skipBadRows || splits.train.length === 0))
    throw new BadRowsError(problems);

  const heldOut =
    splits.validation === undefined &&
    options.evalFraction > 0 &&
    splits.train.length >= FEWEST_ROWS_TO_HOLD_OUT
      ? holdOut(
          splits.train,
          Math.min(options.evalFraction, MOST_ROWS_HELD_OUT / splits.train.length),
          options.seed,
        )
      : { train: splits.train, heldOut: splits.validation ?? [] };
  const encode = (example: Example): EncodedRow =>
    encodeExample(example, tokenizer, { lossOn: options.lossOn, sequenceLength });
  const encoded = heldOut.train.map(encode);
  const audit = auditDataset(heldOut.train, encoded, tokenizer);
  const isUseful = ({ supervised }: EncodedRow): boolean => supervised.some((flag) => flag === 1);
  const rows = encoded.filter(isUseful);
  if (rows.length === 0) {
    throw new ToolkitError(
      `${options.dataset}: no row has anything left to learn from within ${sequenceLength} tokens`,
      'BAD_DATASET',
      'Raise --sequence-length, or train on all tokens with --loss-on all.',
    );
  }
  const settings = {
    batchSize: options.batchSize,
    sequenceLength,
    packing: options.packing,
    seed: options.seed,
    padId: tokenizer.padId,
  };
  const evaluationRows = heldOut.heldOut.map(encode).filter(isUseful);
  return {
    report: {
      format,
      sources,
      audit,
      evaluation_rows: evaluationRows.length,
      evaluation_from:
        evaluationRows.length === 0
          ? 'none'
          : splits.validation === undefined
            ? 'training rows held out'
            : 'validation file',
      rejected_rows: problems,
    },
    batches: planBatches(rows, settings),
    evaluation: evaluationRows.length === 0 ? [] : evaluationBatches(evaluationRows, settings),
    rejectedRows: problems.map((problem) => `${JSON.stringify(problem)}\n`).join(''),
  };
}
