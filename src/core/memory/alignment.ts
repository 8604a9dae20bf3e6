/**
 * What the model learns from: examples to imitate (`sft`, and pre-training alike), pairs of a chosen and a rejected
 * answer directly (`dpo`), rewards for its own answers (`ppo`), or pairs so as to become the judge (`reward`).
 */
export const STAGES = ['sft', 'dpo', 'ppo', 'reward'] as const;
export type Stage = (typeof STAGES)[number];

/** The models beside the one that is trained, and what one example is. */
export interface AlignmentStage {
  /** The model as it was, which the trained one must stay near. */
  readonly reference: boolean;
  /** A frozen judge of answers. */
  readonly reward: boolean;
  /** A second trained model, which foretells the reward. */
  readonly value: boolean;
  /** Sequences that pass the model for each example of the batch: 2 where a chosen and a rejected answer are compared. */
  readonly sequencesPerExample: 1 | 2;
  /** The model ends in one number for each sequence instead of logits. */
  readonly scores: boolean;
  readonly source: string;
}

const ALIGNMENT_STAGES: Readonly<Record<Stage, AlignmentStage>> = {
  sft: {
    ...{ reference: false, reward: false, value: false, sequencesPerExample: 1, scores: false },
    source: 'next-token prediction',
  },
  dpo: {
    ...{ reference: true, reward: false, value: false, sequencesPerExample: 2, scores: false },
    source: 'Direct Preference Optimization, Rafailov et al. 2023, arXiv 2305.18290',
  },
  ppo: {
    ...{ reference: true, reward: true, value: true, sequencesPerExample: 1, scores: false },
    source: 'InstructGPT, Ouyang et al. 2022, arXiv 2203.02155; DeepSpeed-Chat, arXiv 2308.01320',
  },
  reward: {
    ...{ reference: false, reward: false, value: false, sequencesPerExample: 2, scores: true },
    source: 'InstructGPT, Ouyang et al. 2022, arXiv 2203.02155, section 3.5',
  },
};

/** What a stage of training needs. */
export function alignmentStage(stage: Stage): AlignmentStage {
  return ALIGNMENT_STAGES[stage];
}
