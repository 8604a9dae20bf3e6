/** A float32 tensor in host memory. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Published parameter name → value, e.g. `model.layers.0.self_attn.q_proj.weight`. */
export type StateDict = Map<string, HostTensor>;

/** Element types a safetensors file may be written in. */
export type StorageType = 'F32' | 'F16' | 'BF16';
