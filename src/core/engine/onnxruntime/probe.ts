import { env, listSupportedBackends } from 'onnxruntime-node';
import { PROVIDERS, type Provider } from './session.js';
import { providerProblem, type GraphicsCheck } from './verified-engine.js';

/** What ONNX Runtime offers on this machine. */
export interface OnnxRuntimeProbe {
  /** Version of `onnxruntime-node`. */
  readonly version: string;
  /** The execution providers that the engine drives. */
  readonly providers: readonly ProviderProbe[];
}

/** Whether a provider computes, and why not. */
export interface ProviderProbe {
  readonly name: Provider;
  readonly available: boolean;
  readonly problem?: string;
}

/** Tries every provider with a small program. */
export async function probeOnnxRuntime(graphicsProblem?: GraphicsCheck): Promise<OnnxRuntimeProbe> {
  const built = new Set(listSupportedBackends().map(({ name }) => name));
  const providers: ProviderProbe[] = [];
  for (const provider of PROVIDERS) {
    const problem = built.has(provider)
      ? await providerProblem({ provider, threads: 1 }, graphicsProblem)
      : 'the library for this platform was built without it';
    providers.push({
      name: provider,
      available: problem === undefined,
      ...(problem !== undefined && { problem }),
    });
  }
  return { version: env.versions.node ?? env.versions.common, providers };
}
