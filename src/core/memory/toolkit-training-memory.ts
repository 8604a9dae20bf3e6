import { countParameters, type LinearLayer, type Model } from '../architectures/architecture.js';
import { memoryPart, totalBytes, type MemoryPart } from '../estimates/figure.js';
import { attentionBlocks } from '../layers/attention-blocks.js';
import { LOGITS_PER_CHUNK } from '../losses/logits-per-chunk.js';

/**
 * What a process holds that trains next to nothing, in bytes: Node 45 MB, TensorFlow.js and ONNX Runtime 65 MB, graphs
 * and their recording, the tokenizer, garbage. Measured on 2026-11-23 (Node 20, ONNX Runtime 1.30, Linux, two threads)
 * as what `npm run calibrate` leaves when all other parts are taken away.
 */
const PROGRAM_BYTES = 185e6;

/**
 * Share by which ONNX Runtime's arena outgrows the tensors that live in it at once: blocks are split and never moved.
 * Measured on 2026-11-23 over runs with 100 MB to 1.4 GB of them.
 */
const ARENA_SLACK = 0.1;

/**
 * What one more graph takes beside its tensors, in bytes: nodes, tables of angles, masks. Measured on 2026-11-23 with
 * graphs of 8 to 64 tokens: 6 MB for an evaluation, 10 MB for gradients of 6 layers, 20 MB for those of 8 wider ones.
 */
const GRAPH_BYTES = 12e6;

/**
 * What the nodes take in one graph that round the weight of one layer, in bytes. Measured on 2026-11-23 with 42 layers:
 * 5 MB a graph.
 */
const ROUNDING_BYTES = 0.12e6;

/**
 * Arrays that nothing refers to any more and V8 has not yet collected, in bytes, where large ones come one after
 * another. Measured on 2026-11-23: up to 5 arrays of 20 MB with Node 20.
 */
const UNCOLLECTED_BYTES = 100e6;

/** Shape of the batches that one graph is compiled for. */
export interface GraphShape {
  readonly batchSize: number;
  readonly length: number;
  /** Positions whose prediction is computed; all of them unless told. */
  readonly lossRows?: number;
  /** Adds to the gradients of another batch of the same step. */
  readonly accumulates?: boolean;
}

/** The adapter that is trained in place of all weights. */
export interface TrainedAdapter {
  readonly parameters: number;
  /** The layers it adapts. */
  readonly layers: readonly LinearLayer[];
  /** Whether part of those layers' inputs is dropped. */
  readonly dropout: boolean;
}

/** A layer whose weight is rounded as it will be quantised. */
export type RoundedLayer = Omit<LinearLayer, 'inputsFirst'>;

/** A run, as far as its memory depends on it. */
export interface ToolkitTrainingOptions {
  /**
   * Graphs that compute gradients, at least one. A run has one for each shape of batch, and one more for each shape
   * whose gradients are added to those of another batch of the same step.
   */
  readonly graphs: readonly GraphShape[];
  /** Graphs that only compute a loss. */
  readonly evaluationGraphs?: readonly GraphShape[];
  /** `undefined` trains all weights. */
  readonly adapter?: TrainedAdapter | undefined;
  /** Layers whose weights, an adapter merged into them, are rounded whenever they are used. */
  readonly rounded?: readonly RoundedLayer[] | undefined;
}

/** Memory of a process, term by term. */
export interface ToolkitTrainingMemory {
  readonly parts: readonly MemoryPart[];
  readonly total_bytes: number;
}

/**
 * The most memory that a process of this toolkit holds while it trains a decoder in float32 on ONNX Runtime's CPU
 * provider: what the operating system counts as its peak resident set. Unlike `trainingMemory`, which tells what
 * training must hold anywhere, this follows what the engine does; `npm run calibrate` holds it against real runs.
 */
export function toolkitTrainingMemory(
  model: Model,
  { graphs, evaluationGraphs = [], adapter, rounded = [] }: ToolkitTrainingOptions,
): ToolkitTrainingMemory {
  const all = countParameters(model.parameters);
  const trained = adapter?.parameters ?? all;
  const arenas = graphs
    .map((graph) => gradientArena(model, graph, adapter, rounded))
    .sort((a, b) => totalBytes(b) - totalBytes(a));
  const others = [
    ...arenas.slice(1).map(totalBytes),
    ...evaluationGraphs.map((graph) => totalBytes([evaluationTensors(model, graph)])),
  ];
  const parts = [
    memoryPart(
      'program',
      'program_bytes',
      { program_bytes: PROGRAM_BYTES },
      {
        source: 'measured: Node, TensorFlow.js, ONNX Runtime, recorded graphs (toolkit-training-memory.ts)',
        leavesOut: 'the rows of a large dataset, which are held encoded',
      },
    ),
    memoryPart(
      'weights',
      '4 * parameters',
      { parameters: adapter === undefined ? all : all + adapter.parameters },
      { source: 'float32 arrays that the engine computes with in place (onnxruntime/cells.ts)' },
    ),
    memoryPart(
      'gradients',
      '4 * trained_parameters',
      { trained_parameters: trained },
      {
        source: 'float32 arrays that the gradient graph writes into (training/trainer.ts)',
      },
    ),
    memoryPart(
      'optimizer states',
      '8 * trained_parameters',
      { trained_parameters: trained },
      {
        source: 'two float32 moments of AdamW, updated in place (optimizers/adamw.ts)',
      },
    ),
    memoryPart(
      'copies of the gradients',
      '4 * trained_parameters + min(4 * trained_parameters, uncollected_bytes)',
      {
        trained_parameters: trained,
        uncollected_bytes: graphs.some(({ accumulates }) => accumulates) ? UNCOLLECTED_BYTES : 0,
      },
      {
        source:
          'onnxruntime-node 1.30 returns a copy of every output, also of one written into an array it was given; where batches accumulate the next comes before the last is collected as garbage',
      },
    ),
    ...embeddingZeros(model, graphs.length, adapter),
    ...rounding(graphs.length + evaluationGraphs.length, rounded),
    ...arenas[0]!,
    memoryPart(
      'other graphs',
      'graphs * mean_bytes',
      { graphs: others.length, mean_bytes: others.length === 0 ? 0 : mean(others) + GRAPH_BYTES },
      {
        source: 'every graph keeps its own arena, as large as it ever was (onnxruntime/session.ts)',
      },
    ),
  ].filter(({ bytes }) => bytes > 0);
  return { parts, total_bytes: totalBytes(parts) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The constant that an embedding's gradient is scattered into, which ONNX Runtime folds to an array for each graph. */
function embeddingZeros(
  { shape: { vocabulary, hidden } }: Model,
  graphs: number,
  adapter: TrainedAdapter | undefined,
): MemoryPart[] {
  if (adapter !== undefined) return [];
  return [
    memoryPart(
      'zeros under the embedding’s gradient',
      '4 * graphs * vocabulary * hidden',
      { graphs, vocabulary, hidden },
      { source: 'a constant of every gradient graph (tracing/lowerings/indexing.ts)' },
    ),
  ];
}

/** What the arena of one gradient graph grows to. */
function gradientArena(
  model: Model,
  graph: GraphShape,
  adapter: TrainedAdapter | undefined,
  rounded: readonly RoundedLayer[],
): MemoryPart[] {
  const { shape } = model;
  const tokens = graph.batchSize * graph.length;
  const activations = keptActivations(model, graph, adapter);
  const logits = memoryPart(
    'logits',
    '12 * loss_rows * vocabulary',
    { loss_rows: graph.lossRows ?? tokens, vocabulary: shape.vocabulary },
    {
      source:
        'logits, probabilities and their gradient in float32; ONNX Runtime computes the loss last, so that those of all chunks live at once (losses/linear-cross-entropy.ts)',
    },
  );
  const embeddings = adapter === undefined ? shape.vocabulary * shape.hidden : 0;
  const temporaries = memoryPart(
    'temporaries of the backward pass',
    'max(4 * tokens * (2 * feed_forward + 4 * hidden), 8 * embedding_elements - activation_bytes)',
    {
      tokens,
      feed_forward: shape.feedForward,
      hidden: shape.hidden,
      embedding_elements: embeddings,
      activation_bytes: activations.bytes,
    },
    {
      source:
        'gradients in the last feed-forward block; for few tokens those of embedding and output matrix, at the end',
    },
  );
  const living = [activations, logits, temporaries, roundedWeights(rounded, adapter)];
  const slack = memoryPart(
    'arena slack',
    'slack * tensor_bytes',
    { slack: ARENA_SLACK, tensor_bytes: totalBytes(living) },
    { source: 'measured share of ONNX Runtime’s arena that no tensor fills (toolkit-training-memory.ts)' },
  );
  return [...living, slack];
}

/** What training that is aware of quantisation keeps from the forward to the backward pass. */
function roundedWeights(layers: readonly RoundedLayer[], adapter: TrainedAdapter | undefined): MemoryPart {
  const adapted = new Set(adapter?.layers.map(({ module }) => module));
  const elements = (kept: readonly RoundedLayer[]): number =>
    kept.reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0);
  return memoryPart(
    'rounded weights',
    '4 * (rounded_elements + merged_elements)',
    {
      rounded_elements: elements(layers),
      merged_elements: elements(layers.filter(({ module }) => adapted.has(module))),
    },
    {
      source:
        'float32: weights as they are rounded, and those that an adapter was merged into before (quantization/fake-quantization.ts)',
    },
  );
}

/** What every graph takes to round weights. */
function rounding(graphs: number, layers: readonly RoundedLayer[]): MemoryPart[] {
  if (layers.length === 0) return [];
  return [
    memoryPart(
      'rounding of weights',
      'graphs * (layer_bytes * layers + 12 * largest_layer)',
      {
        graphs,
        layer_bytes: ROUNDING_BYTES,
        layers: layers.length,
        largest_layer: Math.max(...layers.map(({ inputs, outputs }) => inputs * outputs)),
      },
      {
        source:
          'measured: nodes of each layer in each graph (toolkit-training-memory.ts); three float32 arrays of the layer that is being rounded',
      },
    ),
  ];
}

/** What the forward pass keeps for the backward pass. */
function keptActivations(
  { shape, linearLayers }: Model,
  { batchSize, length }: GraphShape,
  adapter: TrainedAdapter | undefined,
): MemoryPart {
  let [probabilities, keys] = [0, 0];
  for (const window of shape.slidingWindows) {
    for (const block of attentionBlocks(length, window)) {
      probabilities += batchSize * shape.heads * block.size * block.keys;
      keys += batchSize * block.keys;
    }
  }
  return memoryPart(
    'activations',
    '4 * (tokens * (layers * (2 * hidden + 2 * heads * head_dimension + feed_forward_kept) + linear_inputs) + ' +
      'keys * kv_heads * (head_dimension + value_dimension) + probabilities)',
    {
      tokens: batchSize * length,
      layers: shape.layers,
      hidden: shape.hidden,
      heads: shape.heads,
      head_dimension: shape.headDimension,
      feed_forward_kept: (shape.feedForwardMatrices === 3 ? 3 : 1) * shape.feedForward,
      linear_inputs: keptInputs(linearLayers, adapter),
      keys,
      kv_heads: shape.kvHeads,
      value_dimension: shape.valueDimension,
      probabilities,
    },
    {
      source:
        'float32: residual stream before each norm, queries, attention’s output, keys and values and probabilities of every block of queries (layers/attention.ts), what the activation function takes and gives, inputs of trained linear layers',
      leavesOut:
        'norms of queries and keys, and what adapters of rank r keep: r elements a token for each layer',
    },
  );
}

/**
 * Elements a token of the inputs kept for the gradients of linear layers. In a transformer's attention and feed-forward
 * network the last layer has an input of its own, and all before it share one.
 */
function keptInputs(layers: readonly LinearLayer[], adapter: TrainedAdapter | undefined): number {
  const adapted = new Set((adapter?.layers ?? layers).map(({ module }) => module));
  const inputs = new Map<string, number>();
  layers.forEach(({ module, inputs: width }, index) => {
    if (!adapted.has(module)) return;
    const parent = parentOf(module);
    const next = layers[index + 1];
    const isLast = next === undefined || parentOf(next.module) !== parent;
    inputs.set(isLast ? `${parent} output` : parent, width);
  });
  const kept = [...inputs.values()].reduce((sum, width) => sum + width, 0);
  if (adapter?.dropout !== true) return kept;
  // Every adapted layer drops other elements: it keeps the mask and what is left.
  return adapter.layers.reduce((sum, { inputs: width }) => sum + 2 * width, 0);
}

function parentOf(module: string): string {
  return module.slice(0, module.lastIndexOf('.'));
}

/** What the arena of a graph without gradients grows to. */
function evaluationTensors({ shape }: Model, { batchSize, length, lossRows }: GraphShape): MemoryPart {
  const tokens = batchSize * length;
  return memoryPart(
    'evaluation',
    '4 * max(2 * min(loss_rows * vocabulary, logits_per_chunk), tokens * (3 * feed_forward + 3 * hidden))',
    {
      loss_rows: lossRows ?? tokens,
      vocabulary: shape.vocabulary,
      logits_per_chunk: LOGITS_PER_CHUNK,
      tokens,
      feed_forward: shape.feedForward,
      hidden: shape.hidden,
    },
    { source: 'one chunk of logits with its probabilities, or one feed-forward block, in float32' },
  );
}
