import { createRequire } from 'node:module';
import util from 'node:util';
import { ToolkitError } from '../errors/toolkit-error.js';
import { EagerEngine } from './eager-engine.js';
import type { Engine } from './engine.js';

const GPU_PACKAGE = '@tensorflow/tfjs-node-gpu';
const CPU_PACKAGE = '@tensorflow/tfjs-node';
/** The release whose gradients and kernels this toolkit is built on. */
const PACKAGE_VERSION = '4.22.0';
/** What the packages' install script downloads, and what that was built for (`scripts/deps-constants.js` and README of 4.22.0). */
const LIBTENSORFLOW_VERSION = '2.9.1';
const CUDA_VERSION = '11.2';
const CUDNN_VERSION = '8.1';

/** Name under which both packages register their backend with TensorFlow.js. */
const BACKEND = 'tensorflow';

export interface TensorflowOptions {
  /** `auto` takes a GPU if libtensorflow finds one. */
  readonly device?: 'auto' | 'cpu' | 'cuda';
  /**
   * Folder of a `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu` that is not installed beside the toolkit,
   * such as one built against another libtensorflow.
   */
  readonly packageFolder?: string;
}

/** What can be said about the optional TensorFlow packages on this machine. */
export interface TensorflowProbe {
  /** Whether a package is there; it works only if there is no `problem` as well. */
  readonly installed: boolean;
  readonly package?: string;
  readonly version?: string;
  readonly libtensorflowVersion?: string;
  /** Whether libtensorflow computes on a GPU. */
  readonly gpu: boolean;
  /** Why the engine cannot be used. */
  readonly problem?: string;
}

/** The parts of the packages' backend object that say what really computes. */
interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

interface Manifest {
  readonly name: string;
  readonly version: string;
}

const require = createRequire(import.meta.url);

/** libtensorflow can be loaded, and its backend registered, only once in a process. */
let loaded: TensorflowProbe | undefined;

/**
 * Gives the packages the two functions they call that Node 23 removed from `node:util`; Node 22 has them, but
 * writes a deprecation warning.
 */
function restoreRemovedUtilities(): void {
  Object.assign(util, {
    isNullOrUndefined: (value: unknown) => value === undefined || value === null,
    isArray: Array.isArray,
  });
}

function readManifest(location: string): Manifest | undefined {
  try {
    return require(`${location}/package.json`) as Manifest;
  } catch {
    return undefined;
  }
}

async function loadFirst(locations: readonly string[]): Promise<TensorflowProbe> {
  // First of all, so that the packages find the one engine and kernel registry of the process already there, even
  // where they bring a copy of TensorFlow.js of their own, and do not warn about kernels registered twice.
  const tf = await import('@tensorflow/tfjs');
  tf.enableProdMode();
  restoreRemovedUtilities();
  let failed: TensorflowProbe | undefined;
  for (const location of locations) {
    const manifest = readManifest(location);
    if (manifest === undefined) continue;
    const found = { installed: true, package: manifest.name, version: manifest.version };
    const previous = tf.getBackend() as string | undefined;
    try {
      require(location);
      const backend = tf.findBackend(BACKEND) as unknown as NodeBackend | null;
      if (backend === null) throw new Error('it registered its backend with another copy of TensorFlow.js');
      const { isUsingGpuDevice: gpu, binding } = backend;
      return { ...found, libtensorflowVersion: binding.TF_Version, gpu };
    } catch (error) {
      const [firstLine] = (error instanceof Error ? error.message : String(error)).split('\n');
      failed ??= {
        ...found,
        gpu: false,
        problem: `${manifest.name} ${manifest.version} does not load: ${firstLine}`,
      };
    } finally {
      // The packages make their backend the current one.
      if (previous !== undefined) await tf.setBackend(previous);
    }
  }
  return (
    failed ?? {
      installed: false,
      gpu: false,
      problem: `neither ${CPU_PACKAGE} nor ${GPU_PACKAGE} is installed`,
    }
  );
}

/**
 * Finds, loads and describes the optional TensorFlow packages. Loading libtensorflow takes about a second and
 * stays for the life of the process; libtensorflow itself writes to standard error unless the environment
 * variable `TF_CPP_MIN_LOG_LEVEL` says otherwise.
 */
export async function probeTensorflow(options: TensorflowOptions = {}): Promise<TensorflowProbe> {
  if (loaded !== undefined) return loaded;
  const { device = 'auto', packageFolder } = options;
  const byDevice = device === 'cpu' ? [CPU_PACKAGE, GPU_PACKAGE] : [GPU_PACKAGE, CPU_PACKAGE];
  const probe = await loadFirst(packageFolder === undefined ? byDevice : [packageFolder]);
  if (packageFolder !== undefined && !probe.installed) {
    return { ...probe, problem: `${packageFolder} holds no npm package` };
  }
  if (probe.problem === undefined) loaded = probe;
  return probe;
}

const GPU_NEEDS =
  `libtensorflow ${LIBTENSORFLOW_VERSION}, which ${GPU_PACKAGE} downloads, needs Linux or Windows on x64, ` +
  `an NVIDIA driver, CUDA ${CUDA_VERSION} and cuDNN ${CUDNN_VERSION} on the library path`;

const BUILD_RECIPE =
  'Where that download is not possible, and for a newer CUDA, scripts/build-tensorflow-binding.sh in the ' +
  'toolkit builds the binding against a libtensorflow that is there already.';

/** What to do about a {@link TensorflowProbe} that has a problem. */
export function tensorflowRemedy(probe: TensorflowProbe): string {
  if (!probe.installed) {
    return (
      `Install one beside the toolkit: \`npm install ${CPU_PACKAGE}@${PACKAGE_VERSION}\` for the CPU, or ` +
      `\`npm install ${GPU_PACKAGE}@${PACKAGE_VERSION}\` for an NVIDIA GPU (${GPU_NEEDS}). ` +
      `npm 11 may want its install script approved: \`npm approve-scripts ${CPU_PACKAGE}\`, or ` +
      `\`npm install --global --allow-scripts=${CPU_PACKAGE} …\`. ${BUILD_RECIPE} ` +
      'The default engine, onnxruntime, needs none of this.'
    );
  }
  return (
    `Its install script fetches libtensorflow ${LIBTENSORFLOW_VERSION} and the binding: let npm run it ` +
    `(\`npm rebuild ${probe.package}\`, after \`npm approve-scripts ${probe.package}\` where npm asks for that), ` +
    `or use the default engine, onnxruntime. ${BUILD_RECIPE}`
  );
}

/**
 * The engine on libtensorflow: the same TensorFlow.js programs, one operation at a time on native kernels, through
 * the optional package `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node`.
 * @throws ToolkitError `ENGINE` if no package can be loaded, or the device it uses is not the one asked for
 */
export async function createTensorflowEngine(options: TensorflowOptions = {}): Promise<Engine> {
  const probe = await probeTensorflow(options);
  if (probe.problem !== undefined) {
    throw new ToolkitError(
      `the tensorflow engine is not available: ${probe.problem}`,
      'ENGINE',
      tensorflowRemedy(probe),
    );
  }
  const { device: requested = 'auto' } = options;
  const device = probe.gpu ? 'cuda' : 'cpu';
  if (requested !== 'auto' && requested !== device) {
    const what = `${probe.package} ${probe.version} (libtensorflow ${probe.libtensorflowVersion})`;
    throw new ToolkitError(
      `the tensorflow engine was asked for the device ${requested}, but ${what} computes on ${device}`,
      'ENGINE',
      requested === 'cpu'
        ? 'Set the environment variable CUDA_VISIBLE_DEVICES=-1 to hide the GPU from libtensorflow.'
        : `It must find a GPU: ${GPU_NEEDS}. Set TF_CPP_MIN_LOG_LEVEL=0 to see which library it misses.`,
    );
  }
  return new EagerEngine(await import('@tensorflow/tfjs'), {
    name: 'tensorflow',
    backendName: BACKEND,
    device,
  });
}
