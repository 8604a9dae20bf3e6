import { ToolkitError } from '../errors/toolkit-error.js';

/** Whether a file of this name holds weights in Python's pickle format (PyTorch's own). */
export function isPickleName(name: string): boolean {
  return /\.(bin|pt|pth|ckpt|pkl)$/.test(name);
}

/** The error for weights that only unpickling could read. */
export function refusePickle(path: string): ToolkitError {
  return new ToolkitError(
    `${path}: the weights are a Python pickle, which is refused because reading it can run code`,
    'UNSUPPORTED',
    'If you trust it, convert it to safetensors once: ' +
      `python -c "from transformers import AutoModelForCausalLM as M; M.from_pretrained('DIR').save_pretrained('OUT')"`,
  );
}
