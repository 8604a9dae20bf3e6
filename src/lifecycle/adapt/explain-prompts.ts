import { ToolkitError } from '../../core/errors/toolkit-error.js';
import {
  explainDistribution,
  type NextTokenExplanation,
} from '../../core/generation/explain-distribution.js';
import type { Configuration } from '../../core/prompt-engineering/configurations.js';
import { taskGeneration } from '../../core/prompt-engineering/prompt-task.js';
import type { PromptSweepParts } from './prompt-sweep-parts.js';
import { sentFor, type SentPrompt } from './sent-prompts.js';

/** A prompt as it is sent, and how the token after it is chosen. */
export interface ExplainedPrompt extends SentPrompt {
  /** What is set otherwise than the prompt says. */
  readonly settings: Configuration['settings'];
  readonly explanation: NextTokenExplanation;
}

/**
 * Explains, for the first rows and for every configuration, how the first token of the answer is chosen.
 *
 * @throws ToolkitError `UNSUPPORTED` where the provider does not tell its probabilities; `USAGE` for beams, which do not
 *   choose token by token
 */
export async function explainPrompts(sweep: PromptSweepParts): Promise<ExplainedPrompt[]> {
  const { provider, ports, opened } = sweep;
  if (provider.nextTokenDistribution === undefined) {
    throw new ToolkitError(
      `${provider.id}: does not tell how likely each next token is`,
      'UNSUPPORTED',
      'Explain sampling with a model in a folder.',
    );
  }
  const explained: ExplainedPrompt[] = [];
  for (const configuration of sweep.configurations) {
    const { template } = opened.prompts[configuration.prompt]!;
    const {
      beams = 1,
      temperature,
      top_k,
      top_p,
      min_p,
      repetition_penalty,
    } = taskGeneration(template, configuration);
    if (beams > 1) {
      throw new ToolkitError(
        `${beams} beams do not choose token by token, which is what is explained`,
        'USAGE',
        'Leave beams out.',
      );
    }
    const sampling = {
      ...{ temperature, topK: top_k, topP: top_p, minP: min_p },
      repetitionPenalty: repetition_penalty,
    };
    for (const sent of await sentFor(sweep, configuration)) {
      const distribution = await provider.nextTokenDistribution(sent.sent, ports.signal);
      const explanation = explainDistribution(distribution, sampling);
      explained.push({ ...sent, settings: configuration.settings, explanation });
    }
  }
  return explained;
}
