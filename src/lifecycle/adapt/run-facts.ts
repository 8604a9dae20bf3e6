import type { Engine } from '../../core/engine/engine.js';
import type { AdamWSettings } from '../../core/optimizers/adamw.js';
import type { MachineDescription } from '../../platform/process-info.js';
import type { RunFacts } from './model-card.js';

/** Options that say where things are, rather than how the model learns. */
const PLACES = new Set(['model', 'config', 'tokenizer', 'dataset', 'out']);

/** Of a run's result, what a card tells. */
interface RunOutcome {
  readonly steps: number;
  readonly epochs: number;
  readonly train_loss: number;
  readonly eval_loss: number | null;
  readonly perplexity: number | null;
  readonly best_step: number | null;
  readonly stopped_early: boolean;
  readonly tokens: number;
  readonly tokens_per_second: number;
  readonly peak_memory_bytes: number;
  readonly trainable_parameters: number;
}

/** How a run was made. */
export interface RunMaking {
  /** As resolved: every setting, defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What followed from the options and the data. */
  readonly warmupSteps: number;
  readonly sequenceLength: number;
  readonly optimizer: AdamWSettings;
  readonly engine: Pick<Engine, 'name' | 'device'>;
  readonly machine: MachineDescription;
  readonly result: RunOutcome;
  /** Part of the data that was evaluated on. */
  readonly evaluatedOn: string;
}

const count = (value: number): string => value.toLocaleString('en-US');

/** `learningRate` → `learning rate`. */
function spelledOut(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** What a card tells of how a model was trained, on what, and to which result. */
export function runFacts(
  making: RunMaking,
): Pick<RunFacts, 'recipe' | 'hardware' | 'results' | 'evaluation' | 'sequenceLength'> {
  const { options, engine, machine, optimizer, result, warmupSteps, sequenceLength } = making;
  const resolved: Readonly<Record<string, unknown>> = { ...options, warmupSteps, sequenceLength };
  const settings = Object.entries(resolved).flatMap(([name, value]): [string, string | number | boolean][] =>
    PLACES.has(name) || value === undefined || value === null
      ? []
      : [[spelledOut(name), Array.isArray(value) ? value.join(', ') : (value as string | number | boolean)]],
  );
  const { eval_loss, perplexity, best_step } = result;
  const isEvaluated = eval_loss !== null && perplexity !== null;
  return {
    sequenceLength,
    recipe: {
      optimizer: `AdamW, β₁ ${optimizer.beta1}, β₂ ${optimizer.beta2}, ε ${optimizer.epsilon}`,
      ...Object.fromEntries(settings),
      'trained parameters': count(result.trainable_parameters),
    },
    hardware: {
      engine: `${engine.name} on ${engine.device}`,
      processor: `${machine.processor}, ${machine.cores} cores, ${machine.architecture}`,
      'memory of the machine in bytes': count(machine.memory_bytes),
      'peak memory of the process in bytes': count(result.peak_memory_bytes),
      speed: `${Math.round(result.tokens_per_second)} tokens/s`,
      system: `${machine.platform}, Node ${machine.node}`,
    },
    results: {
      'steps done': `${result.steps} (${result.epochs.toFixed(2)} epochs)${result.stopped_early ? ', stopped early' : ''}`,
      'tokens seen': count(result.tokens),
      'training loss (mean of the last steps, nats per token)': result.train_loss.toFixed(4),
      ...(isEvaluated && {
        'evaluation loss (nats per token)': eval_loss.toFixed(4),
        perplexity: perplexity.toFixed(3),
        ...(best_step !== null && { 'weights of step': best_step }),
      }),
    },
    evaluation: isEvaluated
      ? { split: making.evaluatedOn, metrics: { loss: eval_loss, perplexity } }
      : undefined,
  };
}
