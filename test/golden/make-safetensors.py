"""Makes the checkpoint fixtures of test/core/checkpoints with the reference implementations.

Needs torch, numpy, safetensors, transformers and peft. Run it from anywhere; it writes into `safetensors/` beside it.
Everything random is seeded, and every expected value in the JSON files comes from torch, numpy or safetensors.
"""

import hashlib
import json
import shutil
import struct

import numpy as np
import torch
from golden_files import HERE, write_json
from peft import LoraConfig, get_peft_model
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

ROOT = HERE / "safetensors"


def sha256(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def float32_bits(tensor: torch.Tensor) -> np.ndarray:
    if tensor.dtype == torch.float16:
        # numpy keeps the payload of a NaN; torch replaces it when there are few values.
        return tensor.detach().contiguous().numpy().astype(np.float32).view(np.uint32)
    return tensor.detach().to(torch.float32).contiguous().numpy().view(np.uint32)


def half_precision() -> None:
    """Both 16-bit formats, exhaustively: hashes over all patterns and over all ties with their neighbours."""
    patterns = np.arange(0x10000, dtype=np.uint16)
    wide = patterns.view(np.float16).astype(np.float32)
    not_nan = ~np.isnan(wide)

    # Every positive finite float16, the midpoint above it, and the float32 on either side of that midpoint.
    finite = patterns[: 0x7C00].view(np.float16).astype(np.float64)
    above = np.append(finite[1:], 65536.0)
    ties = ((finite + above) / 2).astype(np.float32).view(np.uint32)
    around = np.stack([finite.astype(np.float32).view(np.uint32), ties - 1, ties, ties + 1], axis=1).reshape(-1)
    with np.errstate(over="ignore"):
        narrowed = around.view(np.float32).astype(np.float16).view(np.uint16)

    lower = np.array([0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF], dtype=np.uint32)
    bits = ((np.arange(0x10000, dtype=np.uint32) << 16)[:, None] | lower).reshape(-1)
    bits = bits[~np.isnan(bits.view(np.float32))]
    brain = torch.from_numpy(bits.view(np.float32).copy()).to(torch.bfloat16).view(torch.int16).numpy()

    special = np.array(
        [0x00000001, 0x007FFFFF, 0x33000000, 0x33000001, 0x387FC000, 0x387FE000, 0x38800000, 0x477FE000, 0x477FEFFF]
        + [0x477FF000, 0x47800000, 0x7F7FFFFF, 0x7F800000, 0x7FC00000, 0x7FC02000, 0x7F800001, 0x80000000, 0xC7800000]
        + [0xFF800000, 0xFFC00000],
        dtype=np.uint32,
    )
    as_torch = torch.from_numpy(special.view(np.float32).copy())

    def is_nan(t: torch.Tensor) -> list[bool]:
        return torch.isnan(t).tolist()

    write_json(
        ROOT / "half-precision.json",
        {
            "float16_widened_without_nan_sha256": sha256(wide[not_nan]),
            "float16_ties_float32_sha256": sha256(around),
            "float16_ties_narrowed_sha256": sha256(narrowed),
            "bfloat16_ties_narrowed_sha256": sha256(brain),
            "special": [
                {"float32": int(b), "float16": int(h) & 0xFFFF, "bfloat16": int(g) & 0xFFFF, "nan": n}
                for b, h, g, n in zip(
                    special,
                    as_torch.to(torch.float16).view(torch.int16),
                    as_torch.to(torch.bfloat16).view(torch.int16),
                    is_nan(as_torch),
                )
            ],
        },
    )


def special_values() -> None:
    """One file per storage type, with the values that conversions get wrong, and what reading them must give."""
    expected = {}
    for name, dtype in {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}.items():
        info = torch.finfo(dtype)
        tiny = info.smallest_normal
        subnormal = tiny * info.eps
        torch.manual_seed(0)
        tensors = {
            "special": torch.tensor(
                [0.0, -0.0, subnormal, -subnormal, tiny - subnormal, tiny, info.max, info.min, 1 / 3]
                + [float("inf"), -float("inf"), float("nan")],
                dtype=torch.float64,
            ).to(dtype),
            "model.layers.10.weight": torch.randn(3, 5).to(dtype),
            "model.layers.2.weight": torch.randn(2, 2, 2).to(dtype),
            "scalar": torch.tensor(0.1).to(dtype),
            "empty": torch.zeros(0, 4, dtype=dtype),
            'quote " backslash \\ é': torch.ones(1, dtype=dtype),
        }
        save_file(tensors, ROOT / f"{name}.safetensors", metadata={"format": "pt"})
        expected[name] = {
            key: {"shape": list(value.shape), "float32_bits": float32_bits(value).reshape(-1).tolist()}
            for key, value in tensors.items()
        }
    write_json(ROOT / "special-values.json", expected)

    torch.manual_seed(1)
    weights = {"b": torch.randn(64), "a": torch.randn(7, 9) * 1e-5}
    for name, dtype in {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}.items():
        save_file({key: value.to(dtype) for key, value in weights.items()}, ROOT / f"rounded-{name}.safetensors")

    save_file(
        {"ids": torch.arange(3), "double": torch.ones(2, dtype=torch.float64), "weight": torch.ones(1)},
        ROOT / "other-types.safetensors",
    )


def malformed() -> None:
    """Damaged and hostile files, with the reference implementation's verdict on each."""
    folder = ROOT / "malformed"
    folder.mkdir()

    def raw(header: bytes, data: bytes = b"", length: int | None = None) -> bytes:
        return struct.pack("<Q", len(header) if length is None else length) + header + data

    def tensor(shape, offsets, dtype="F32") -> dict:
        return {"dtype": dtype, "shape": shape, "data_offsets": offsets}

    def file(tensors: dict, data: int) -> bytes:
        return raw(json.dumps(tensors).encode(), bytes(data))

    cases = {
        "too-short": b"\x02\x00\x00",
        "header-length-2-to-the-60": raw(b"{}", length=2**60),
        "header-length-beyond-file": raw(b"{}", length=3),
        "header-not-json": raw(b'{"a":'),
        "header-not-utf-8": raw(b'{"\xff":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
        "header-not-an-object": raw(b"[]"),
        "truncated": file({"a": tensor([4], [0, 16])}, 12),
        "offsets-out-of-range": file({"a": tensor([4], [1000, 1016])}, 16),
        "offsets-backwards": file({"a": tensor([4], [16, 0])}, 16),
        "offsets-beyond-2-to-the-53": file({"a": tensor([0], [2**60, 2**60])}, 0),
        "overlapping": file({"a": tensor([4], [0, 16]), "b": tensor([4], [8, 24])}, 24),
        "hole": file({"a": tensor([1], [0, 4]), "b": tensor([1], [8, 12])}, 12),
        "trailing-bytes": file({"a": tensor([1], [0, 4])}, 5),
        "negative-shape": file({"a": tensor([-2, -2], [0, 16])}, 16),
        "fractional-shape": file({"a": tensor([1.5], [0, 6])}, 6),
        "overflowing-shape": file({"a": tensor([2**32, 2**32, 2**32], [0, 0])}, 0),
        "span-differs-from-shape": file({"a": tensor([3], [0, 16])}, 16),
        "unknown-type": file({"a": tensor([4], [0, 16], "F31")}, 16),
        "type-named-like-an-object-member": file({"a": tensor([4], [0, 16], "constructor")}, 16),
        "description-not-an-object": file({"a": [1]}, 0),
        "metadata-not-text": file({"__metadata__": {"step": 1}}, 0),
        "duplicate-name": raw(
            b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}',
            b"\x00",
        ),
    }
    verdicts = {}
    for name, content in cases.items():
        path = folder / f"{name}.safetensors"
        path.write_bytes(content)
        try:
            with safe_open(path, "pt") as opened:
                verdicts[name] = f"accepted: {sorted(opened.keys())}"
        except Exception as error:
            verdicts[name] = str(error)
    write_json(folder / "reference-verdicts.json", verdicts)


def summary(state: dict[str, torch.Tensor]) -> dict:
    return {k: {"shape": list(v.shape), "float32_sha256": sha256(float32_bits(v))} for k, v in sorted(state.items())}


def model_and_adapter() -> None:
    """A model that transformers saved in two shards, and a LoRA adapter that PEFT saved for it."""
    torch.manual_seed(2)
    config = LlamaConfig(
        vocab_size=16,
        hidden_size=8,
        intermediate_size=12,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=32,
    )
    model = LlamaForCausalLM(config).to(torch.bfloat16)
    model.save_pretrained(ROOT / "two-shards", max_shard_size="1KB")
    write_json(ROOT / "two-shards.json", summary(model.state_dict()))

    lora = LoraConfig(task_type="CAUSAL_LM", r=2, lora_alpha=6, target_modules=["q_proj", "down_proj"], use_rslora=True)
    adapted = get_peft_model(model.to(torch.float32), lora)
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter)
    adapted.save_pretrained(ROOT / "adapter")
    (ROOT / "adapter" / "README.md").unlink()
    # PEFT writes this list in the order of a set, which changes from run to run.
    path = ROOT / "adapter" / "adapter_config.json"
    written = json.loads(path.read_text())
    path.write_text(json.dumps(written | {"target_modules": sorted(written["target_modules"])}, indent=2))
    with safe_open(ROOT / "adapter" / "adapter_model.safetensors", "pt") as opened:
        write_json(ROOT / "adapter.json", summary({key: opened.get_tensor(key) for key in opened.keys()}))


if __name__ == "__main__":
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir()
    half_precision()
    special_values()
    malformed()
    model_and_adapter()
