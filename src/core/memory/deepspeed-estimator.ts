import { ToolkitError } from '../errors/toolkit-error.js';
import { figure, type Figure } from '../estimates/figure.js';

/** DeepSpeed's allowance for buffers on the host. */
const BUFFER_FACTOR = 1.5;

/** Arguments of DeepSpeed's estimators of states. */
export interface DeepSpeedOptions {
  readonly stage: 2 | 3;
  readonly parameters: number;
  /** Parameters of the largest layer; only stage 3 asks for it. */
  readonly largestLayerParameters?: number;
  readonly gpusPerNode: number;
  readonly nodes?: number;
  readonly offloadOptimizer?: boolean;
  /** Counts only together with the optimizer, as in DeepSpeed. */
  readonly offloadParameters?: boolean;
  /** Stage 3: the model is divided as it is made (`zero.Init`), not after every process has made it whole. */
  readonly zeroInit?: boolean;
  readonly bufferFactor?: number;
}

/** Bytes for each GPU, and on the host for each node. */
export interface DeepSpeedEstimate {
  readonly gpu: Figure;
  readonly cpu: Figure;
}

function formulas(options: DeepSpeedOptions): { gpu: string; cpu: string; file: string } {
  const { offloadOptimizer = false, offloadParameters = false, zeroInit = false } = options;
  if (options.stage === 2) {
    const file = 'stage_1_and_2.py';
    return offloadOptimizer
      ? { gpu: '2 * parameters', cpu: 'parameters * max(4 * gpus, 16) * buffer_factor', file }
      : {
          gpu: '2 * parameters + 18 * parameters / gpus',
          cpu: 'parameters * 4 * gpus_per_node * buffer_factor',
          file,
        };
  }
  const file = 'stage3.py';
  const layer = '4 * largest_layer_parameters';
  if (!offloadOptimizer) {
    return {
      gpu: `${layer} + 18 * parameters / gpus`,
      cpu: `${zeroInit ? layer : '4 * parameters'} * gpus_per_node * buffer_factor`,
      file,
    };
  }
  const hostBytes = offloadParameters ? 18 : 16;
  return {
    gpu: offloadParameters ? layer : `${layer} + 2 * parameters / gpus`,
    cpu: zeroInit
      ? `${hostBytes} * parameters / nodes * buffer_factor`
      : `parameters * max(4 * gpus_per_node, ${hostBytes} / nodes) * buffer_factor`,
    file,
  };
}

/**
 * What DeepSpeed's `estimate_zero2_model_states_mem_needs` and `estimate_zero3_model_states_mem_needs` compute, in
 * bytes, for comparison. They print GB for 2^30 bytes.
 *
 * @throws ToolkitError `USAGE` for stage 3 without the largest layer
 */
export function deepSpeedEstimate(options: DeepSpeedOptions): DeepSpeedEstimate {
  const { parameters, gpusPerNode, nodes = 1, largestLayerParameters } = options;
  if (options.stage === 3 && largestLayerParameters === undefined) {
    throw new ToolkitError(
      "DeepSpeed's estimate for stage 3 needs the parameters of the largest layer",
      'USAGE',
      'Give them, or choose stage 2.',
    );
  }
  const values: Record<string, number> = {
    parameters,
    largest_layer_parameters: largestLayerParameters ?? 0,
    gpus_per_node: gpusPerNode,
    nodes,
    gpus: gpusPerNode * nodes,
    buffer_factor: options.bufferFactor ?? BUFFER_FACTOR,
  };
  const { gpu, cpu, file } = formulas(options);
  const notes = {
    source: `DeepSpeed, deepspeed/runtime/zero/${file}`,
    leavesOut: 'activations, communication buffers and the runtime',
  };
  const compute = (formula: string): Figure => {
    const names = new Set(formula.match(/[a-z_]+/g));
    const used = Object.entries(values).filter(([name]) => names.has(name));
    return figure(formula, Object.fromEntries(used), notes);
  };
  return { gpu: compute(gpu), cpu: compute(cpu) };
}
