import { ToolkitError } from '../errors/toolkit-error.js';
import { didYouMean } from '../near-matches.js';
import { distribute, shardsWeights } from './distribution.js';
import { adaptedLayers, targetNames } from './lora-parameters.js';
import type { MemoryModel } from './memory-model.js';
import type { TrainingOptions } from './training-options.js';

/** Something that cannot be, and what to do about it. */
interface Problem {
  readonly what: string;
  readonly remedy: string;
}

const COUNTS = [
  ...(['batch', 'sequence', 'rank', 'gpus', 'tensorParallel', 'pipelineParallel', 'shardingFactor'] as const),
  ...(['valueParameters', 'rewardParameters'] as const),
] as const;

function countProblems(options: TrainingOptions): Problem[] {
  return COUNTS.flatMap((name) => {
    const value = options[name];
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) return [];
    return [{ what: `${name} is ${value}`, remedy: `Give a whole number above zero for ${name}.` }];
  });
}

function formatProblems({ dtype, method, precision }: TrainingOptions): Problem[] {
  const problems: Problem[] = [];
  const isInteger = dtype === 'int8' || dtype === 'int4' || dtype === 'nf4';
  if (method === 'full' && isInteger) {
    problems.push({
      what: `weights in ${dtype} cannot be trained in full, because steps are smaller than the distance between two of its numbers`,
      remedy: 'Train adapters beside them with --method lora or qlora, or choose --dtype bf16, fp16 or fp32.',
    });
  }
  if (method === 'full' && dtype === 'fp8' && precision === 'pure') {
    problems.push({
      what: 'weights in fp8 alone are too coarse to be updated',
      remedy: 'Choose --precision mixed, which keeps a copy in 32 bits, or --dtype bf16.',
    });
  }
  if (dtype === 'fp32' && precision !== 'pure') {
    problems.push({
      what: `mixed precision computes in 16 bits, and the weights are in fp32`,
      remedy: 'Choose --dtype bf16 (the copy in 32 bits is counted), or --precision pure.',
    });
  }
  if (method === 'qlora' && (dtype === 'fp32' || dtype === 'fp8' || dtype === 'int8')) {
    problems.push({
      what: `QLoRA holds its frozen matrices in 4 bits and the rest in 16, not in ${dtype}`,
      remedy: 'Choose --dtype nf4, or --method lora.',
    });
  }
  return problems;
}

function parallelismProblems({ shape }: MemoryModel, options: TrainingOptions): Problem[] {
  const { gpus, tensorParallel, pipelineParallel, strategy } = options;
  const problems: Problem[] = [];
  if (gpus % (tensorParallel * pipelineParallel) !== 0) {
    problems.push({
      what: `${tensorParallel} × ${pipelineParallel} GPUs of tensor and pipeline parallelism do not divide ${gpus}`,
      remedy: 'Choose numbers whose product divides the number of GPUs.',
    });
  }
  if (shape.heads % tensorParallel !== 0) {
    problems.push({
      what: `tensor parallelism of ${tensorParallel} does not divide ${shape.heads} attention heads`,
      remedy: `Choose a tensor parallelism that divides ${shape.heads}.`,
    });
  }
  const layers = shape.layers + shape.encoderLayers;
  if (pipelineParallel > layers) {
    problems.push({
      what: `${pipelineParallel} pipeline stages are more than the model's ${layers} layers`,
      remedy: `Choose at most ${layers} stages.`,
    });
  }
  if (pipelineParallel > 1 && (strategy === 'zero2' || strategy === 'zero3')) {
    problems.push({
      what: `${strategy} does not go together with pipeline parallelism, which needs whole gradients`,
      remedy: 'Choose zero1, fsdp, or tensor parallelism instead of the pipeline.',
    });
  }
  return problems;
}

function shardingProblems(options: TrainingOptions): Problem[] {
  const { strategy, shardingFactor, offload, gpus } = options;
  const problems: Problem[] = [];
  const { dataParallel } = distribute(options);
  if (options.optimizerInBackward && strategy.startsWith('zero')) {
    problems.push({
      what: `${strategy} updates weights after the backward pass, not in it`,
      remedy: 'Choose ddp or fsdp with an update in the backward pass.',
    });
  }
  if (strategy !== 'ddp' && dataParallel === 1 && offload.length === 0) {
    problems.push({
      what: `${strategy} divides states between GPUs that read different data, and there is one (of ${gpus} in all)`,
      remedy: 'Use more GPUs, offload to the host, or choose ddp.',
    });
  }
  if (shardingFactor !== undefined && !shardsWeights(strategy)) {
    problems.push({
      what: `a sharding factor says nothing about ${strategy}`,
      remedy: 'Choose fsdp or zero3 with it, or leave it out.',
    });
  } else if (shardingFactor !== undefined && dataParallel % shardingFactor !== 0) {
    problems.push({
      what: `a sharding factor of ${shardingFactor} does not divide the ${dataParallel} GPUs that read different data`,
      remedy: `Choose a divisor of ${dataParallel}: 1 replicates, ${dataParallel} divides fully.`,
    });
  }
  if (offload.includes('params') && !shardsWeights(strategy)) {
    problems.push({
      what: `weights can be offloaded where they are fetched layer by layer, which ${strategy} does not do`,
      remedy: 'Choose zero3 or fsdp, or offload the optimizer alone.',
    });
  }
  return problems;
}

function targetProblems({ linearLayers }: MemoryModel, { method, targets }: TrainingOptions): Problem[] {
  if (method === 'full') return [];
  const { adapted, unknown } = adaptedLayers(linearLayers, targets);
  if (unknown.length === 0 && adapted.length > 0) return [];
  const names = targetNames(linearLayers);
  const known = `Linear layers: ${names.join(', ')}, or all-linear.`;
  if (unknown.length > 0) {
    const guess = didYouMean(unknown[0]!, names);
    return [
      {
        what: `${unknown.join(', ')} ${unknown.length === 1 ? 'is' : 'are'} no linear layer of this model`,
        remedy: guess === undefined ? known : `${guess} ${known}`,
      },
    ];
  }
  return [{ what: 'no layer was named for the adapters', remedy: known }];
}

/**
 * Refuses a training that cannot be.
 *
 * @throws ToolkitError `USAGE` that names every problem and what to do about each
 */
export function assertTrainable(model: MemoryModel, options: TrainingOptions): void {
  const counts = countProblems(options);
  // What is no number divides nothing: the rest would only repeat it.
  const problems =
    counts.length > 0
      ? counts
      : [
          ...formatProblems(options),
          ...parallelismProblems(model, options),
          ...shardingProblems(options),
          ...targetProblems(model, options),
        ];
  if (problems.length === 0) return;
  throw new ToolkitError(
    `This training cannot be: ${problems.map(({ what }) => what).join('; ')}`,
    'USAGE',
    [...new Set(problems.map(({ remedy }) => remedy))].join(' '),
  );
}
