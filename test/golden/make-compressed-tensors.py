"""Makes compressed-tensors/: matrices rounded to integers, and model folders, by the package compressed-tensors.

    python -m pip install torch transformers compressed-tensors
    python make-compressed-tensors.py

`matrices.json` lists cases: `num_bits`, `group_size` (null: one scale per row), `symmetric`, the float32 `weight`
[outputs, inputs], and what the package's own functions make of it: `scale`, `zero_point` and `integers`, both signed,
and `dequantized`. The last row of each weight is zero but for one value, so that ranges need not hold zero.

Each folder is a tiny LLaMA of random weights, compressed and saved by the package: `config.json`, `model.safetensors`
and, in `expected.safetensors`, every weight in float32 as the package decompresses it.
"""

import copy

import compressed_tensors
import torch
from compressed_tensors.compressors import BaseCompressor, ModelCompressor
from compressed_tensors.compressors.format import infer_module_format
from compressed_tensors.quantization import (
    QuantizationArgs,
    QuantizationConfig,
    QuantizationScheme,
    apply_quantization_config,
)
from compressed_tensors.quantization.lifecycle.forward import dequantize, quantize
from compressed_tensors.quantization.utils import calculate_qparams
from safetensors.torch import load_file
from transformers import LlamaConfig, LlamaForCausalLM

from golden_files import HERE, float32_list, versions, write_json, write_tensors

FOLDER = HERE / "compressed-tensors"
OUTPUTS, INPUTS = 5, 64


def args(num_bits, group_size, symmetric):
    strategy = "channel" if group_size is None else "group"
    return QuantizationArgs(
        num_bits=num_bits, type="int", symmetric=symmetric, strategy=strategy, group_size=group_size
    )


def qparams(weight, settings):
    groups = weight.unflatten(-1, (-1, settings.group_size or weight.shape[-1]))
    return calculate_qparams(groups.amin(-1), groups.amax(-1), settings)


def matrices(generator):
    for num_bits in (4, 8):
        for group_size in (None, 32):
            for symmetric in (True, False):
                weight = torch.randn(OUTPUTS, INPUTS, generator=generator) + 0.3
                weight[-1] = 0
                weight[-1, 3] = -0.7
                weight[-1, 40] = 0.2
                settings = args(num_bits, group_size, symmetric)
                scale, zero_point = qparams(weight, settings)
                integers = quantize(weight, scale, zero_point, settings, dtype=torch.int8)
                restored = dequantize(integers, scale, zero_point, settings)
                yield dict(
                    num_bits=num_bits,
                    group_size=group_size,
                    symmetric=symmetric,
                    weight=float32_list(weight),
                    scale=float32_list(scale),
                    zero_point=zero_point.tolist(),
                    integers=integers.tolist(),
                    dequantized=float32_list(restored),
                )


def save_model(name, dtype, group, ignore, generator):
    config = LlamaConfig(
        vocab_size=32,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        tie_word_embeddings=False,
    )
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2 + 0.02)
    model = model.to(dtype)
    settings = QuantizationConfig(
        config_groups=dict(group_0=QuantizationScheme(targets=["Linear"], **group)), ignore=ignore
    )
    apply_quantization_config(model, settings)
    for module in model.modules():
        if getattr(module, "quantization_scheme", None) is None:
            continue
        scale, zero_point = qparams(module.weight, module.quantization_scheme.weights)
        module.weight_scale.data.copy_(scale)
        if hasattr(module, "weight_zero_point"):
            module.weight_zero_point.data.copy_(zero_point)
    compressor = ModelCompressor.from_pretrained_model(model)
    compressor.compress_model(model)
    folder = FOLDER / name
    model.save_pretrained(folder)
    compressor.update_config(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    write_tensors(folder / "expected.safetensors", decompressed(folder, QuantizationScheme(targets=[], **group)))


def decompressed(folder, scheme):
    """Every weight in float32: with scales widened first, no value is rounded again."""
    stored = {name: widened(tensor) for name, tensor in load_file(folder / "model.safetensors").items()}
    compressor = BaseCompressor.get_value_from_registry(infer_module_format(torch.nn.Linear, scheme).value)
    weights = {}
    for name in stored:
        module, part = name.rsplit(".", 1)
        if part == "weight_scale":
            own = {key[len(module) + 1 :]: value for key, value in stored.items() if key.startswith(module + ".")}
            weights[f"{module}.weight"] = compressor.decompress(own, scheme)["weight"]
        elif part == "weight" and f"{module}.weight_scale" not in stored:
            weights[name] = stored[name]
    return weights


def widened(tensor):
    return tensor.float() if tensor.is_floating_point() else tensor


def main():
    generator = torch.Generator().manual_seed(43)
    write_json(
        FOLDER / "matrices.json",
        dict(generator=versions(compressed_tensors), cases=list(matrices(generator))),
    )
    dynamic = QuantizationArgs(num_bits=8, type="int", symmetric=True, strategy="token", dynamic=True)
    save_model("int4", torch.bfloat16, dict(weights=args(4, 32, True)), ["lm_head"], generator)
    save_model("int4-zero-points", torch.float16, dict(weights=args(4, 32, False)), ["lm_head"], generator)
    save_model("int8", torch.float32, dict(weights=args(8, None, False)), [], generator)
    save_model(
        "int8-dynamic",
        torch.bfloat16,
        dict(weights=args(8, None, True), input_activations=copy.copy(dynamic)),
        ["lm_head"],
        generator,
    )


main()
