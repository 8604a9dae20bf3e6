import { Args, Flags } from '@oclif/core';
import { EstimateCommand } from '../../cli/estimate-command.js';
import { RECOMPUTATIONS } from '../../core/memory/activations.js';
import { STAGES } from '../../core/memory/alignment.js';
import { STRATEGIES } from '../../core/memory/distribution.js';
import { CACHE_DTYPES } from '../../core/memory/key-value-cache.js';
import { OPTIMIZERS } from '../../core/memory/optimizer-states.js';
import { PRECISIONS } from '../../core/memory/precision-recipe.js';
import { METHODS, OFFLOADS } from '../../core/memory/training-options.js';
import type { MemoryEstimate } from '../../lifecycle/estimate/memory.js';

const count = (summary: string) => Flags.integer({ min: 1, summary });
const name = <const Names extends readonly string[]>(options: Names, summary: string) =>
  Flags.option({ options })({ summary });

/** `genai estimate memory`: what memory a model takes to run and to train. */
export default class EstimateMemory extends EstimateCommand<MemoryEstimate> {
  static override summary = 'Estimate the memory a model takes to run and to train.';

  static override description =
    'Builds the figure up from weights, key/value cache, gradients, optimizer states and activations, holds it against ' +
    'a GPU or this machine, and says what would make it fit. A count has the shape of a typical LLaMA; a model’s name, ' +
    'a config.json, a checkpoint, a GGUF file or hf:ORG/NAME has its own. GB is 10^9 bytes, GiB 2^30.';

  static override examples = [
    '<%= config.bin %> <%= command.id %> 7B --rule',
    {
      description: 'What it takes to fine-tune Llama 3.1 8B, and how it would fit on a gaming GPU:',
      command:
        '<%= config.bin %> <%= command.id %> llama-3.1-8b --gpu "RTX 4090" --batch 4 --sequence-length 4096',
    },
    {
      description: '70B on eight GPUs, everything divided between them, with every formula:',
      command:
        '<%= config.bin %> <%= command.id %> llama-3.1-70b --gpu H100 --gpus 8 --strategy fsdp --explain',
    },
    {
      description: 'A 4-bit file of llama.cpp’s, with a long context and a cache in 8 bits:',
      command:
        '<%= config.bin %> <%= command.id %> qwen2.5-7b --dtype Q4_K_M --context 32768 --cache-dtype q8_0 --json',
    },
  ];

  static override args = {
    model: Args.string({
      required: true,
      ignoreStdin: true,
      description:
        'A count (7B), a model (llama-3.1-8b), a config.json, a checkpoint, a .gguf, or hf:ORG/NAME.',
    }),
  };

  static override flags = {
    rule: Flags.boolean({ summary: 'Show the rule of thumb of the course notes beside it.' }),
    gpu: Flags.string({
      summary: 'Accelerator it should fit on [default: this machine].',
      helpValue: 'NAME',
    }),
    gpus: count('How many of them.'),
    dtype: Flags.string({
      summary: 'Format of the weights: fp32, bf16, fp8, int8, int4, Q4_K_M, … [default: bf16].',
      helpValue: 'NAME',
    }),
    batch: count('Sequences at once; in training, of one micro-batch [default: 1].'),
    context: count('Tokens of one sequence when run [default: 4,096 or the model’s limit].'),
    'cache-dtype': name(CACHE_DTYPES, 'Format of keys and values [default: 16 bits].'),
    'sequence-length': count('Tokens of one training sequence [default: 2,048 or the model’s limit].'),
    method: name(METHODS, 'What is trained [default: full; lora for weights in 8 bits or fewer].'),
    rank: count('Inner dimension of LoRA adapters [default: 8].'),
    targets: Flags.string({
      multiple: true,
      delimiter: ',',
      summary: 'Layers with an adapter, as q_proj,v_proj [default: all linear].',
    }),
    stage: name(STAGES, 'Supervised, or an alignment: dpo, ppo, reward [default: sft].'),
    precision: name(PRECISIONS, 'What is kept in 32 bits [default: mixed; pure for fp32].'),
    optimizer: name(OPTIMIZERS, 'Optimizer [default: adamw].'),
    recompute: name(RECOMPUTATIONS, 'What the backward pass computes again [default: none].'),
    'flash-attention': Flags.boolean({
      allowNo: true,
      default: true,
      summary: 'Attention is fused and never holds its scores.',
    }),
    'chunked-loss': Flags.boolean({ summary: 'The logits never stand whole.' }),
    strategy: name(STRATEGIES, 'How training states are divided between GPUs [default: ddp].'),
    'sharding-factor': count('GPUs that share one copy under fsdp or zero3: 1 replicates [default: all].'),
    offload: Flags.option({ options: OFFLOADS, multiple: true })({
      summary: 'What lies in the host’s memory.',
    }),
    'tensor-parallel': count('GPUs that every matrix is divided between, in training [default: 1].'),
    'sequence-parallel': Flags.boolean({ summary: 'Tensor parallelism divides the norms too.' }),
    'pipeline-parallel': count('Stages that the layers are divided between, in training [default: 1].'),
  };

  async run(): Promise<MemoryEstimate> {
    const { args, flags } = await this.parse(EstimateMemory);
    const { estimateMemory } = await import('../../lifecycle/estimate/memory.js');
    const estimate = await estimateMemory(
      {
        ...args,
        ...flags,
        cacheDtype: flags['cache-dtype'],
        sequenceLength: flags['sequence-length'],
        flashAttention: flags['flash-attention'],
        chunkedLoss: flags['chunked-loss'],
        shardingFactor: flags['sharding-factor'],
        tensorParallel: flags['tensor-parallel'],
        sequenceParallel: flags['sequence-parallel'],
        pipelineParallel: flags['pipeline-parallel'],
      },
      await this.machinePorts(),
    );
    const { viewMemory } = await import('../../cli/renderers/memory-estimate.js');
    await this.present(flags, viewMemory(estimate, { rule: flags.rule }));
    return estimate;
  }
}
