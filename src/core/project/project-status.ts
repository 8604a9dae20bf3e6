import type { MetricName } from '../scope/metrics.js';
import type { Scope } from '../scope/scope.js';
import type { Figures, ProjectStep, Stage } from './project-step.js';

/** How a stage stands: nothing of it may be left to do, something before it may have changed, it may be its turn. */
export type StageState = 'done' | 'stale' | 'next' | 'waiting';

/** One thing that was done in a stage. */
export interface StepStatus {
  readonly name: string;
  readonly state: 'done' | 'stale' | 'unfinished' | 'damaged';
  /** ISO 8601, UTC; `null` where nothing tells. */
  readonly when: string | null;
  readonly results: Figures;
  /** Why it is not, or no longer, done. */
  readonly reasons: readonly string[];
  /** What does it again. */
  readonly command: string | null;
}

/** A stage and all that was done in it. */
export interface StageStatus {
  readonly stage: Stage;
  readonly state: StageState;
  /** What is to be said of it as a whole. */
  readonly note: string | null;
  readonly steps: readonly StepStatus[];
}

/** The bar of the scope, and what was measured. */
export interface TargetStatus {
  readonly metric: MetricName;
  readonly target: number;
  /** The best that still holds; `null` while nothing was measured by it. */
  readonly value: number | null;
  readonly reached: boolean;
}

/** What to do next, from the project's folder. */
export interface NextStep {
  readonly stage: Stage;
  readonly command: string;
  readonly why: string;
}

/** How a project stands. */
export interface ProjectStatus {
  readonly project: string;
  /** `null` while the scope cannot be read. */
  readonly name: string | null;
  readonly task: string | null;
  readonly stages: readonly StageStatus[];
  readonly target: TargetStatus | null;
  /** `null` when all is done. */
  readonly next: NextStep | null;
}

/** What a project's files say. */
export interface ProjectFacts {
  readonly project: string;
  /** Absent while it cannot be read. */
  readonly scope: Scope | undefined;
  readonly steps: readonly ProjectStep[];
  /** Dataset that there is to train on, from the project's folder. */
  readonly dataset: string | undefined;
  /** Rows kept for evaluation. */
  readonly testRows: string | undefined;
  /** A prompt template to begin with. */
  readonly prompt: string | undefined;
  /** Whether the chosen model is on this machine, and where. */
  readonly modelFolder: string | undefined;
}
