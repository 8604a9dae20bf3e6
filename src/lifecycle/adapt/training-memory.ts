import { loraParameters, loraTargets, type LoraSettings } from '../../core/adapters/lora.js';
import { countParameters, type Model } from '../../core/architectures/architecture.js';
import type { MemoryPart } from '../../core/estimates/figure.js';
import {
  toolkitTrainingMemory,
  type GraphShape,
  type ToolkitTrainingOptions,
  type TrainedAdapter,
} from '../../core/memory/toolkit-training-memory.js';
import { batchShape, type TrainedModel } from '../../core/training/programs.js';
import type { TrainingData } from '../../core/training/run-training.js';

/**
 * Batches that are looked at. Which rows meet in one decides how many of its positions are learnt from, so that a long
 * run may come to meet a shape that these have not; nearly all appear early.
 */
const EXAMINED_BATCHES = 2000;

/** The adapter whose memory is shown beside that of training all weights: the defaults of fine-tuning. */
const USUAL_ADAPTER: LoraSettings = {
  rank: 8,
  alpha: 16,
  dropout: 0,
  targets: 'all-linear',
  rankStabilized: false,
};

/** A change of settings, and what the run would then take. */
export interface MemorySaving {
  /** Flags as they are typed. */
  readonly flags: string;
  readonly total_bytes: number;
}

/** The memory that a run will take at its peak, on the processor. */
export interface RunMemoryEstimate {
  readonly parts: readonly MemoryPart[];
  readonly total_bytes: number;
  /** What the machine, or the container, has left for this process. */
  readonly free_memory_bytes: number;
  readonly fits: boolean;
  readonly batch_size: number;
  /** Of the longest batch, in tokens. */
  readonly longest_batch: number;
  /** Compiled graphs, one for each shape of batch; every one keeps memory of its own. */
  readonly graphs: number;
  /** What takes less, each alone. */
  readonly savings: readonly MemorySaving[];
}

type Graphs = Required<Pick<ToolkitTrainingOptions, 'graphs' | 'evaluationGraphs'>>;

/** The graphs that a run's batches need, as the trainer compiles them. */
function graphsOf(data: TrainingData): Graphs {
  const graphs = new Map<string, GraphShape>();
  const steps = Math.min(data.totalSteps, Math.ceil(EXAMINED_BATCHES / data.batchesOf(0).length));
  for (let step = 0; step < steps; step++) {
    const batches = data.batchesOf(step);
    for (const batch of batches) {
      const graph = { ...batchShape(batch), accumulates: batches.length > 1 };
      graphs.set(JSON.stringify(graph), graph);
    }
  }
  const evaluated = data.evaluation.map((batch) => batchShape(batch));
  const evaluationGraphs = new Map(evaluated.map((shape) => [JSON.stringify(shape), shape]));
  return { graphs: [...graphs.values()], evaluationGraphs: [...evaluationGraphs.values()] };
}

function adapterOf(model: Model, settings: LoraSettings): TrainedAdapter {
  return {
    parameters: countParameters(loraParameters(model, settings)),
    layers: loraTargets(model, settings),
    dropout: settings.dropout > 0,
  };
}

/** Halves all batches, along their rows or their length. */
function halved({ graphs, evaluationGraphs }: Graphs, side: 'batchSize' | 'length'): Graphs {
  const halve = (graph: GraphShape): GraphShape => ({
    ...graph,
    [side]: Math.ceil(graph[side] / 2),
    ...(graph.lossRows !== undefined && { lossRows: Math.ceil(graph.lossRows / 2) }),
  });
  return { graphs: graphs.map(halve), evaluationGraphs: evaluationGraphs.map(halve) };
}

/**
 * Memory of a run, from its settings and the shapes of its batches; no weights are needed.
 *
 * @param freeBytes memory that this process could still take
 * @param canUseAdapter whether an adapter would do in place of training all weights
 */
export function estimateRunMemory(
  { model, adapter, rounded }: Pick<TrainedModel, 'model' | 'adapter' | 'rounded'>,
  data: TrainingData,
  freeBytes: number,
  canUseAdapter = true,
): RunMemoryEstimate {
  const graphs = graphsOf(data);
  const trained = adapter === undefined ? undefined : adapterOf(model, adapter);
  const { parts, total_bytes } = toolkitTrainingMemory(model, { ...graphs, adapter: trained, rounded });

  const [batchSize, accumulation] = [graphs.graphs[0]!.batchSize, data.batchesOf(0).length];
  const longest = graphs.graphs.reduce((most, { length }) => Math.max(most, length), 0);
  const bytesWith = (changed: ToolkitTrainingOptions): number =>
    toolkitTrainingMemory(model, { ...changed, rounded }).total_bytes;
  // A run that does not accumulate yet would need a second graph for each shape, and save nothing by it.
  const fewerRows = `--batch-size ${Math.ceil(batchSize / 2)}`;
  const savings: MemorySaving[] = [
    {
      flags: accumulation > 1 ? `${fewerRows} --gradient-accumulation-steps ${2 * accumulation}` : fewerRows,
      total_bytes: bytesWith({ ...halved(graphs, 'batchSize'), adapter: trained }),
    },
    {
      flags: `--sequence-length ${Math.ceil(longest / 2)}`,
      total_bytes: bytesWith({ ...halved(graphs, 'length'), adapter: trained }),
    },
  ];
  if (adapter === undefined && canUseAdapter) {
    const total = bytesWith({ ...graphs, adapter: adapterOf(model, USUAL_ADAPTER) });
    savings.push({ flags: '--method lora', total_bytes: total });
  }
  return {
    parts,
    total_bytes,
    free_memory_bytes: freeBytes,
    fits: total_bytes <= freeBytes,
    batch_size: batchSize,
    longest_batch: longest,
    graphs: graphs.graphs.length + graphs.evaluationGraphs.length,
    savings: savings.filter((saving) => saving.total_bytes < total_bytes),
  };
}
