/** Prompts as files: templates, examples chosen for them, and what fits the context window. */
export { fitPrompt, type CountTokens, type FitPromptOptions, type FittedPrompt } from './fit-prompt.js';
export {
  makePromptTemplate,
  parsePromptTemplate,
  writePromptTemplate,
  type PromptSettings,
  type PromptTemplate,
} from './prompt-template.js';
export { renderPrompt, type PromptContent, type RenderedPrompt } from './render-prompt.js';
export {
  judgeShots,
  type ShotsEvidence,
  type ShotsJudgement,
  type ShotsPoint,
  type ShotsVerdict,
} from './shots-curve.js';
export {
  chooseExamples,
  EXAMPLE_STRATEGIES,
  exampleStrategyOf,
  type ChooseExamplesOptions,
} from './shots/choose-examples.js';
export { ExamplePool, type Embed, type ExamplePoolOptions } from './shots/example-pool.js';
export type { ExampleRequest, ExampleStrategy } from './shots/example-strategy.js';
