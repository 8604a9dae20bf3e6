/** Stages of a project's life, in their order. */
export const STAGES = ['scope', 'select', 'adapt', 'evaluate', 'deploy'] as const;

/** One of {@link STAGES}. */
export type Stage = (typeof STAGES)[number];

/** What a step found out or was made with. */
export type Figures = Readonly<Record<string, string | number | boolean | null>>;

/** A file or folder that a step was made from, as it is now. */
export interface StepInput {
  /** From the project's folder where it lies in it, else absolute. */
  readonly path: string;
  readonly change: 'none' | 'changed' | 'gone';
}

/** Something that was done in a project, as its files tell. */
export interface ProjectStep {
  readonly stage: Stage;
  /** File or folder that tells of it. */
  readonly name: string;
  readonly state: 'done' | 'unfinished' | 'damaged';
  /** Why it is not done. */
  readonly problem?: string;
  /** Milliseconds since 1970; `null` where nothing tells. */
  readonly when: number | null;
  readonly results: Figures;
  readonly inputs: readonly StepInput[];
  /** Files and folders that it made. */
  readonly outputs: readonly string[];
  /** The model that it chose or built on. */
  readonly model?: string;
  /** The prompt template that it found, where it adapted no model but what the model is asked. */
  readonly prompt?: string;
  /** What does it again, or goes on with it. */
  readonly command: string | null;
}
