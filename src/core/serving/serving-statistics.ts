/** What models have done since the server began; counted by the schedulers. */
export class ServingStatistics {
  /** Tokens of prompts, those that need not be read again included. */
  promptTokens = 0;
  /** Tokens of prompts that a slot held already. */
  reusedTokens = 0;
  /** Prompts of which a slot held a beginning. */
  reusedPrompts = 0;
  /** Tokens generated. */
  completionTokens = 0;
  /** Computations in which texts were continued. */
  steps = 0;
}
