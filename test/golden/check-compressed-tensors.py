"""Loads a quantised folder with transformers and compressed-tensors, and compares its weights with others:
the other direction, to verify folders that this toolkit wrote.

    genai deploy quantize MODEL --to int4 --out FOLDER
    python check-compressed-tensors.py FOLDER WEIGHTS

WEIGHTS is a safetensors file with what this toolkit reads from the folder, in float32. With zero points the package
(0.20) loads packed weights only with `dequantize=True`, its own files too; then it multiplies in the type of the
scales, and so do we before we compare. Prints {"weights", "quantized", "loss" of one batch}; fails at the first
tensor that differs in any bit, and where the model has parts that no file gave.
"""

import argparse
import json
from pathlib import Path

import torch
from compressed_tensors.compressors import ModelCompressor
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, CompressedTensorsConfig

import golden_files  # noqa: F401  sets the network off and one thread


def load(folder, has_zero_points):
    settings = dict(quantization_config=CompressedTensorsConfig(dequantize=True)) if has_zero_points else {}
    model, info = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, output_loading_info=True, **settings
    )
    lacking = {key: info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys") if info[key]}
    if lacking:
        raise SystemExit(f"not all parts fit: {lacking}")
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("weights", type=Path)
    arguments = parser.parse_args()
    stored = load_file(arguments.folder / "model.safetensors")
    has_zero_points = any(name.endswith("weight_zero_point") for name in stored)
    model = load(arguments.folder, has_zero_points).eval()
    ids = torch.arange(2, 26).reshape(2, 12)
    with torch.no_grad():
        loss = model(input_ids=ids, labels=ids).loss.item()
    # The first forward pass has decompressed the weights, unless they were when they were loaded.
    held = model.state_dict()
    expected = load_file(arguments.weights)
    quantized = 0
    for name, weight in expected.items():
        scale = stored.get(f"{name}_scale")
        quantized += scale is not None
        if has_zero_points and scale is not None:
            weight = weight.to(scale.dtype).float()
        if not torch.equal(held[name].float(), weight):
            difference = (held[name].float() - weight).abs().max().item()
            raise SystemExit(f"{name} differs by up to {difference}")
    print(json.dumps(dict(weights=len(expected), quantized=quantized, loss=round(loss, 6))))


if __name__ == "__main__":
    main()
