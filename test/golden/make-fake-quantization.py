"""Makes fake-quantization.json: weights that are rounded while they are trained, with PyTorch's straight-through
gradients, and a short training of a model whose linear layers are rounded so. README.md describes the file.

    python make-fake-quantization.py [--out FILE]
"""

import argparse
from pathlib import Path

import torch
from torch.nn.utils import parametrize

from golden_files import HERE, float32_list, load_model, random_batch, run_with_gradients, versions, write_json

STEPS = 4
LEARNING_RATE = 1e-2
SCALE_TYPES = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}


def block_scales(blocks, bits, scale_type):
    """One scale a row: the largest magnitude over half of the range, as the stored type has it. Any does for zeros."""
    largest = blocks.detach().abs().amax(dim=1)
    scale = (largest / ((2**bits - 1) / 2)).to(SCALE_TYPES[scale_type]).float()
    return torch.where(scale == 0, 1.0, scale)


def library_rounding(weight, bits, scale_type):
    """Whole rows, by the operation that PyTorch has for them."""
    scale = block_scales(weight, bits, scale_type)
    zero = torch.zeros(len(weight), dtype=torch.int32)
    low = -(2 ** (bits - 1))
    return torch.fake_quantize_per_channel_affine(weight, scale, zero, 0, low, -low - 1)


class StraightThrough(torch.autograd.Function):
    """Rounds and clips; gradients pass where nothing was clipped."""

    @staticmethod
    def forward(ctx, ratio, low, high):
        integers = torch.round(ratio)
        ctx.save_for_backward((integers >= low) & (integers <= high))
        return integers.clamp(low, high)

    @staticmethod
    def backward(ctx, gradient):
        return gradient.where(ctx.saved_tensors[0], 0), None, None


def written_rounding(weight, bits, block_size, scale_type):
    """Blocks of a row, which PyTorch has no operation for."""
    blocks = weight.reshape(-1, block_size)
    scale = block_scales(blocks, bits, scale_type)[:, None]
    low = -(2 ** (bits - 1))
    return (StraightThrough.apply(blocks / scale, low, -low - 1) * scale).reshape(weight.shape)


def rounding_case(bits, block_size, scale_type, shape, generator):
    weight = torch.randn(shape, generator=generator)
    # Rows of other magnitudes, and one without anything in its first block.
    weight *= torch.tensor([10.0 ** (row % 4 - 2) for row in range(len(weight))])[:, None]
    if block_size:
        weight[0, :block_size] = 0
    upstream = torch.randn(shape, generator=generator)
    weight.requires_grad_()
    if block_size:
        rounded = written_rounding(weight, bits, block_size, scale_type)
    else:
        rounded = library_rounding(weight, bits, scale_type)
    (gradient,) = torch.autograd.grad(rounded, weight, upstream)
    return {
        "bits": bits,
        "block_size": block_size,
        "scale_type": scale_type,
        "weight": float32_list(weight.detach()),
        "upstream": float32_list(upstream),
        "rounded": float32_list(rounded.detach()),
        "gradient": float32_list(gradient),
    }


class Rounded(torch.nn.Module):
    def __init__(self, bits):
        super().__init__()
        self.bits = bits

    def forward(self, weight):
        return library_rounding(weight, self.bits, "BF16")


def training_case(base, bits, seed):
    """AdamW without decay or clipping, every linear layer rounded, also where the loss is evaluated."""
    model = load_model(HERE / "architectures" / base)
    tied = model.config.tie_word_embeddings
    modules = [
        name
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and not (tied and name == "lm_head")
    ]
    for name in modules:
        parametrize.register_parametrization(model.get_submodule(name), "weight", Rounded(bits))
    generator = torch.Generator().manual_seed(seed)
    batches = [random_batch(model.config.vocab_size, 16, generator) for _ in range(2)]
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.0, foreach=False)
    trajectory = []
    for step in range(STEPS):
        loss, _ = run_with_gradients(model, *batches[step % 2])
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), float("inf"))
        trajectory.append({"loss": float(loss), "gradient_norm": float(norm)})
        optimizer.step()
    return {
        "base": base,
        "bits": bits,
        "modules": modules,
        "learning_rate": LEARNING_RATE,
        "batches": [{"input_ids": ids.tolist(), "labels": labels.tolist()} for ids, labels in batches],
        "trajectory": trajectory,
        "losses_after": [float(run_with_gradients(model, *batch)[0]) for batch in batches],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE / "fake-quantization.json")
    generator = torch.Generator().manual_seed(0)
    roundings = [
        rounding_case(8, None, "F32", (5, 24), generator),
        rounding_case(8, None, "BF16", (5, 24), generator),
        rounding_case(4, 32, "F32", (3, 64), generator),
        rounding_case(4, 32, "BF16", (3, 64), generator),
        rounding_case(4, 32, "F16", (3, 64), generator),
    ]
    trainings = [training_case("llama-gqa-tied", 4, 1), training_case("llama", 8, 2), training_case("llama", 4, 2)]
    out = {"generator": versions(), "roundings": roundings, "trainings": trainings}
    write_json(parser.parse_args().out, out)
    for case in roundings:
        clipped = sum(g == 0 for row in case["gradient"] for g in row)
        print(case["bits"], case["block_size"], case["scale_type"], "clipped:", clipped)
    for case in trainings:
        print(case["base"], case["bits"], case["trajectory"], case["losses_after"])


if __name__ == "__main__":
    main()
