import type { ModelShape } from '../architectures/architecture.js';
import { figure, memoryPart, totalBytes, type Figure, type MemoryPart } from '../estimates/figure.js';

/** What the backward pass recomputes: nothing, the attention scores, or whole blocks. */
export const RECOMPUTATIONS = ['none', 'selective', 'full'] as const;
export type Recomputation = (typeof RECOMPUTATIONS)[number];

/** One training step as its activations see it, on one of the devices it is divided between. */
export interface ActivationOptions {
  readonly batch: number;
  /** Tokens in one sequence. */
  readonly sequence: number;
  /** Bytes of one activation element. */
  readonly elementBytes: number;
  readonly recompute: Recomputation;
  /** Attention is fused and never holds its scores, as in PyTorch's scaled_dot_product_attention; by default it is. */
  readonly flashAttention?: boolean;
  /** Devices that every matrix of a block is divided between. */
  readonly tensorParallel?: number;
  /** Divides what lies between the matrices, along the sequence, between the same devices. */
  readonly sequenceParallel?: boolean;
  /** Stages that the blocks are divided between, one micro-batch behind the other. */
  readonly pipelineParallel?: number;
  /** Counts the masks and outputs of dropout, of one byte for each element a mask covers. */
  readonly dropout?: boolean;
  /** The loss is taken of a few tokens at a time, so that the logits of all are never there at once. */
  readonly chunkedLoss?: boolean;
}

/** The numbers of a model that one block's activations depend on. */
export type BlockShape = Pick<
  ModelShape,
  | 'hidden'
  | 'heads'
  | 'kvHeads'
  | 'headDimension'
  | 'valueDimension'
  | 'cacheWidth'
  | 'feedForward'
  | 'feedForwardMatrices'
  | 'experts'
>;

/** Softmax and cross-entropy work in 32 bits whatever the model is held in. */
const LOGIT_BYTES = 4;
/** Pieces a chunked loss works through: the default of torchtune's and of TRL's. */
const LOSS_CHUNKS = 8;

const KORTHIKANTI = 'Korthikanti et al. 2022, arXiv 2205.05198';

/** Blocks of one form, which keep equal amounts. */
interface BlockForm {
  readonly name: string;
  readonly count: number;
  /** Parts with a norm, a residual connection and dropout of their own: attention, feed-forward, cross-attention. */
  readonly sublayers: number;
  readonly feedForwardElements: number;
}

/** Elements of width `feedForward` kept: before and after the activation; gated also the gate, and the product. */
function feedForwardElements(feedForward: number, matrices: number): number {
  return feedForward * (matrices === 3 ? 4 : 2);
}

/** Elements that a token keeps in a layer of experts: what its experts and the shared one keep, and its way to them. */
function expertElements({ hidden, feedForwardMatrices, experts }: BlockShape): number {
  if (experts === undefined) return 0;
  const { perToken, feedForward, sharedFeedForward } = experts;
  // A copy of the token for each expert, and each expert's output, which the router's weights multiply.
  const routing = 2 * perToken * hidden;
  return routing + feedForwardElements(perToken * feedForward + sharedFeedForward, feedForwardMatrices);
}

function blockForms(shape: ModelShape): BlockForm[] {
  const dense = feedForwardElements(shape.feedForward, shape.feedForwardMatrices);
  const expertLayers = shape.experts?.layers ?? 0;
  const sublayers = shape.kind === 'encoder-decoder' ? 3 : 2;
  const blocks = shape.kind === 'encoder-decoder' ? 'decoder blocks' : 'blocks';
  const forms: BlockForm[] = [
    { name: 'encoder blocks', count: shape.encoderLayers, sublayers: 2, feedForwardElements: dense },
    { name: blocks, count: shape.layers - expertLayers, sublayers, feedForwardElements: dense },
    { name: 'expert blocks', count: expertLayers, sublayers, feedForwardElements: expertElements(shape) },
  ];
  return forms.filter(({ count }) => count > 0);
}

/** What one block keeps for its backward pass, as a formula with its inputs. */
function blockTerms(
  shape: BlockShape,
  { sublayers, feedForwardElements }: Pick<BlockForm, 'sublayers' | 'feedForwardElements'>,
  options: ActivationOptions,
): { formula: string; inputs: Record<string, number> } {
  const { batch, sequence, elementBytes, tensorParallel = 1, dropout = false } = options;
  const attentions = sublayers - 1;
  const inputs: Record<string, number> = {
    tokens: batch * sequence,
    hidden: shape.hidden,
    sublayers,
    element_bytes: elementBytes,
    mask_bytes: dropout ? 1 : 0,
    sequence_shards: options.sequenceParallel === true ? tensorParallel : 1,
    tensor_parallel: tensorParallel,
    query_and_output_width: attentions * shape.heads * (shape.headDimension + shape.valueDimension),
    key_value_width: attentions * shape.kvHeads * (shape.headDimension + shape.valueDimension),
    kv_heads: shape.kvHeads,
    feed_forward_elements: feedForwardElements,
  };
  const perToken = [
    // Input and output of every norm, and the mask of the dropout at the end of every sublayer.
    'sublayers * hidden * (2 * element_bytes + mask_bytes) / sequence_shards',
    '(query_and_output_width + feed_forward_elements) * element_bytes / tensor_parallel',
    'key_value_width * element_bytes / min(tensor_parallel, kv_heads)',
  ];
  if (isLatent(shape)) {
    inputs.latent_width = shape.cacheWidth;
    // Before and after its norm; every device has all of it.
    perToken.push('2 * latent_width * element_bytes');
  }
  const perBatch = [`tokens * (${perToken.join(' + ')})`];
  if (options.recompute !== 'selective' && options.flashAttention === false) {
    inputs.batch = batch;
    inputs.heads = attentions * shape.heads;
    inputs.sequence = sequence;
    // The probabilities; with dropout also its mask and what it lets through.
    inputs.score_bytes = dropout ? 2 * elementBytes + 1 : elementBytes;
    perBatch.push('batch * heads * sequence^2 * score_bytes / tensor_parallel');
  }
  return { formula: perBatch.join(' + '), inputs };
}

/** Whether keys and values are kept as one latent for all heads: multi-head latent attention. */
function isLatent({ kvHeads, headDimension, valueDimension, cacheWidth }: BlockShape): boolean {
  return cacheWidth > 0 && cacheWidth !== kvHeads * (headDimension + valueDimension);
}

/**
 * Bytes that one block of a decoder or encoder keeps for its backward pass on one device; with full recomputation its
 * input. For GPT's block (feed-forward of 4 h, as many key/value heads as heads) at 16 bits with dropout and without
 * fused attention exactly the lines of table 2 of Korthikanti et al. 2022, arXiv 2205.05198: sbh(34 + 5as/h), with
 * tensor parallelism sbh(10 + 24/t + 5as/ht), with sequence parallelism sbh/t (34 + 5as/h), selective recomputation
 * without the last term, and full recomputation 2 sbh. A layer of experts counts where the model has one.
 */
export function blockActivationBytes(shape: BlockShape, options: ActivationOptions): Figure {
  const notes = { source: `${KORTHIKANTI}, table 2` };
  if (options.recompute === 'full') {
    const { batch, sequence, elementBytes } = options;
    return figure(
      'tokens * hidden * element_bytes',
      { tokens: batch * sequence, hidden: shape.hidden, element_bytes: elementBytes },
      notes,
    );
  }
  const elements =
    shape.experts === undefined
      ? feedForwardElements(shape.feedForward, shape.feedForwardMatrices)
      : expertElements(shape);
  const { formula, inputs } = blockTerms(shape, { sublayers: 2, feedForwardElements: elements }, options);
  return figure(formula, inputs, notes);
}

/** What the blocks of one stage keep while as many micro-batches are under way as this stage has begun. */
function blockParts(shape: ModelShape, options: ActivationOptions, share: number): MemoryPart[] {
  const { batch, sequence, elementBytes, recompute } = options;
  if (recompute !== 'full') {
    return blockForms(shape).map((form) => {
      const { formula, inputs } = blockTerms(shape, form, options);
      return memoryPart(
        `activations: ${form.name}`,
        `layers * (${formula})`,
        { layers: form.count * share, ...inputs },
        {
          source: KORTHIKANTI,
          leavesOut: 'copies that kernels which are not fused keep of norms and rotations',
        },
      );
    });
  }
  const layers = (shape.layers + shape.encoderLayers) * share;
  const kept = memoryPart(
    'activations: blocks',
    'layers * tokens * hidden * element_bytes',
    { layers, tokens: batch * sequence, hidden: shape.hidden, element_bytes: elementBytes },
    { source: `${KORTHIKANTI}: of every block only the input` },
  );
  const recomputed = blockForms(shape)
    .map((form) => blockTerms(shape, form, options))
    .map(({ formula, inputs }) =>
      memoryPart('activations: recomputed block', formula, inputs, {
        source: `${KORTHIKANTI}: one block at a time is computed again`,
      }),
    );
  return [kept, recomputed.reduce((largest, part) => (part.bytes > largest.bytes ? part : largest))];
}

/** What the last stage keeps behind the blocks: the final norm and the logits. */
function headParts(shape: ModelShape, options: ActivationOptions): MemoryPart[] {
  const { batch, sequence, tensorParallel = 1, chunkedLoss = false } = options;
  const tokens = batch * sequence;
  const logits = {
    tokens,
    vocabulary: shape.vocabulary,
    logit_bytes: LOGIT_BYTES,
    tensor_parallel: tensorParallel,
    loss_chunks: chunkedLoss ? LOSS_CHUNKS : 1,
  };
  const formula = 'tokens * vocabulary * logit_bytes / tensor_parallel / loss_chunks';
  return [
    memoryPart(
      'activations: final norm',
      '2 * tokens * hidden * element_bytes / sequence_shards',
      {
        tokens,
        hidden: shape.hidden,
        element_bytes: options.elementBytes,
        sequence_shards: options.sequenceParallel === true ? tensorParallel : 1,
      },
      { source: `${KORTHIKANTI}: inputs of the final norm and of the output matrix` },
    ),
    memoryPart('activations: logits', formula, logits, { source: `${KORTHIKANTI}: in 32 bits` }),
    memoryPart('activations: gradient of the logits', formula, logits, {
      source: 'Backpropagation begins with it while everything else is still kept',
      leavesOut: 'a copy in the format of the model; losses that overwrite the logits save it',
    }),
  ];
}

/**
 * Bytes of activations at the peak of a training step, on the device that holds most: what every block keeps for the
 * backward pass, the final norm, the logits and their gradient, both in 32 bits. With full recomputation every block
 * keeps its input only, and one at a time is computed again.
 *
 * Stages of a pipeline: the first begins as many micro-batches as there are stages before the first comes back, so that
 * it keeps as much as all layers would for one; the last holds one micro-batch, and the logits. An encoder beside a
 * decoder is taken to read as many tokens as the decoder. Full recomputation is never divided by tensor parallelism,
 * as in the paper's table.
 */
export function trainingActivationParts(shape: ModelShape, options: ActivationOptions): MemoryPart[] {
  const { pipelineParallel = 1 } = options;
  const last = [...blockParts(shape, options, 1 / pipelineParallel), ...headParts(shape, options)];
  if (pipelineParallel === 1) return last;
  const first = blockParts(shape, options, 1);
  return totalBytes(first) > totalBytes(last) ? first : last;
}

/**
 * Factor on the first stage's activations when every device has several parts of the pipeline: 1 + (p - 1) / (p m)
 * (Korthikanti et al. 2022, section 4.2.3).
 */
export function interleavingFactor(pipelineParallel: number, partsPerDevice: number): Figure {
  return figure(
    '1 + (stages - 1) / (stages * parts_per_device)',
    { stages: pipelineParallel, parts_per_device: partsPerDevice },
    { source: `${KORTHIKANTI}, section 4.2.3` },
  );
}

/** One pass without gradients as its activations see it, on one of the devices it is divided between. */
export interface InferenceActivationOptions {
  readonly batch: number;
  /** Tokens of one sequence. */
  readonly context: number;
  /** Tokens of all sequences that go through a decoder at once; encoders see all at once. */
  readonly prefillTokens: number;
  readonly elementBytes: number;
  readonly flashAttention: boolean;
  readonly tensorParallel: number;
}

/** Elements of one token inside a feed-forward network without gradients: all of its inner tensors at once. */
function passingFeedForwardElements({
  hidden,
  feedForward,
  feedForwardMatrices,
  experts,
}: ModelShape): number {
  const tensors = feedForwardMatrices === 3 ? 3 : 2;
  if (experts === undefined) return tensors * feedForward;
  const { perToken, sharedFeedForward } = experts;
  const routed = tensors * (perToken * experts.feedForward + sharedFeedForward) + 2 * perToken * hidden;
  return Math.max(routed, tensors * feedForward);
}

/**
 * Activations at the peak of a pass without gradients: the residual stream and its normalised copy, the wider of
 * attention's and the feed-forward network's inner tensors in one block, and the logits of every sequence's last
 * position. Unless attention is fused, also the scores of one layer in 32 bits.
 */
export function inferenceActivationParts(
  shape: ModelShape,
  options: InferenceActivationOptions,
): MemoryPart[] {
  const { batch, context, elementBytes, tensorParallel } = options;
  const all = batch * context;
  const tokens = shape.kind === 'decoder' ? Math.min(all, options.prefillTokens) : all;
  const headWidths = (shape.heads + shape.kvHeads) * (shape.headDimension + shape.valueDimension);
  const parts = [
    memoryPart(
      'activations: one block',
      'tokens * (2 * hidden + max(attention_width, feed_forward_width) / tensor_parallel) * element_bytes',
      {
        tokens,
        hidden: shape.hidden,
        attention_width: headWidths,
        feed_forward_width: passingFeedForwardElements(shape),
        element_bytes: elementBytes,
        tensor_parallel: tensorParallel,
      },
      {
        source: 'Tensors that are there at once while one block computes',
        leavesOut: 'work space of the matrix products',
      },
    ),
    memoryPart(
      'activations: logits',
      'batch * vocabulary * logit_bytes / tensor_parallel',
      { batch, vocabulary: shape.vocabulary, logit_bytes: LOGIT_BYTES, tensor_parallel: tensorParallel },
      { source: 'The last position of every sequence, in 32 bits' },
    ),
  ];
  if (options.flashAttention) return parts;
  const scores = memoryPart(
    'activations: attention scores',
    'heads * tokens * context * score_bytes / tensor_parallel',
    {
      heads: shape.heads,
      tokens,
      context,
      score_bytes: LOGIT_BYTES,
      tensor_parallel: tensorParallel,
    },
    { source: 'Every token against every other, in 32 bits, one layer at a time' },
  );
  return [...parts, scores];
}
