import type { Provider } from './session.js';

/**
 * What the user can do to have an execution provider. From the README, the folder `bin` and
 * `script/install-metadata.js` of onnxruntime-node 1.30, and ONNX Runtime's table of CUDA and cuDNN versions.
 */
export const PROVIDER_ADVICE: Readonly<Record<Provider, string>> = {
  cpu:
    'Install the toolkit again without leaving anything out: onnxruntime-node brings libraries for Linux (glibc) and ' +
    'Windows on x64 and arm64, where they need the Microsoft Visual C++ runtime, and for macOS on arm64.',
  webgpu:
    'Install or update the driver of your GPU (on Linux a Vulkan driver and the Vulkan loader, libvulkan1), or choose --device cpu.',
  cuda:
    'CUDA needs Linux on x64, an NVIDIA driver, CUDA 12, cuDNN 9 and the provider, which is too large for npm ' +
    '(`ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node`); or choose --device webgpu or cpu.',
};
