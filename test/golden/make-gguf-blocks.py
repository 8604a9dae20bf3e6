"""Writes gguf/blocks.json: blocks of ggml's tensor types and the values in them, and blocks that ggml's reference
quantizers make of values, as answers to hold the block codecs against.

    python -m pip install gguf numpy
    python make-gguf-blocks.py [path of libggml-base.so]

Values are read by the `gguf` package and by ggml itself, which must agree to the bit; blocks are written by ggml's
`quantize_row_*_ref`, and must be those of the `gguf` package where it has the type. The library is that of llama.cpp as
the package node-llama-cpp ships it (compiled for plain x86-64: no fused multiply-adds).
"""

import base64
import ctypes
import hashlib
import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, dequantize, quantize

HERE = Path(__file__).parent
LIBRARY = HERE / "../../node_modules/@node-llama-cpp/linux-x64/bins/linux-x64/libggml-base.so"
SEED = 20261123
VALUES_TO_READ = 512
BULK_VALUES = 2**17

WRITTEN = ["Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K"]
IN_GGUF = {"Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"}
READ = [*WRITTEN, "Q2_K", "Q3_K", "IQ4_NL", "IQ4_XS", "MXFP4", "TQ1_0", "TQ2_0"]
# Whose rows have functions of other names, or none.
PLAIN = ["F16", "BF16"]

ggml = ctypes.CDLL(sys.argv[1] if len(sys.argv) > 1 else str(LIBRARY.resolve()))
ggml.ggml_version.restype = ggml.ggml_commit.restype = ctypes.c_char_p
random = numpy.random.default_rng(SEED)


def base64_of(array):
    return base64.b64encode(numpy.ascontiguousarray(array).tobytes()).decode()


def function(pattern, name):
    # The K of Q4_K is the one letter that the names of ggml's functions have in capitals.
    lower = name[:-1].lower() + "K" if name.endswith("_K") else name.lower()
    found = getattr(ggml, pattern.format(lower))
    found.restype = None
    found.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
    return found


def sizes(name):
    return GGML_QUANT_SIZES[GGMLQuantizationType[name]]


def read_by_ggml(name, blocks):
    values = numpy.empty(blocks.size // sizes(name)[1] * sizes(name)[0], numpy.float32)
    function("dequantize_row_{}", name)(blocks.ctypes.data, values.ctypes.data, values.size)
    return values


def written_by_ggml(name, values):
    elements, size = sizes(name)
    blocks = numpy.zeros(values.size // elements * size, numpy.uint8)
    function("quantize_row_{}_ref", name)(values.ctypes.data, blocks.ctypes.data, values.size)
    return blocks


def readable_blocks(name):
    """Random bytes, but no block whose float16 scale happens to be infinite or no number."""
    elements, size = sizes(name)
    count = VALUES_TO_READ // elements
    kept = []
    while len(kept) < count:
        block = random.integers(0, 256, size, dtype=numpy.uint8)
        with numpy.errstate(all="ignore"):
            if numpy.isfinite(dequantize(block, GGMLQuantizationType[name])).all():
                kept.append(block)
    return numpy.concatenate(kept)


def bulk_values(count):
    """Sums of four hashed integers, bell-shaped, all exact in float32: the tests make the same ones."""
    state = numpy.arange(4 * count, dtype=numpy.uint32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        state = (state ^ (state >> numpy.uint32(shift))) * numpy.uint32(factor)
    state ^= state >> numpy.uint32(16)
    sums = (state >> numpy.uint32(10)).astype(numpy.int64).reshape(count, 4).sum(axis=1) - 2**23
    return (sums * 2.0**-26).astype(numpy.float32)


def cases():
    normal = random.standard_normal
    steps = numpy.arange(256)
    outlier = 0.02 * normal(256)
    outlier[77] = -9.5
    groups = 0.05 * normal(256)
    groups[32:64] = groups[128:144] = 0
    groups[200:232] = 0.125
    spread = 0.03 * normal(256) * 10.0 ** numpy.repeat(random.uniform(-4, 3, 16), 16)
    return {
        "like weights": 0.02 * normal(256),
        "zeros": numpy.zeros(256),
        "one constant": numpy.full(256, 0.375),
        "one negative constant": numpy.full(256, -1e-3),
        "ramp with ties": (steps - 128) / 16,
        "positive": numpy.abs(normal(256)) + 0.5,
        "negative": -numpy.abs(normal(256)) - 0.5,
        "one outlier": outlier,
        "groups of zeros and of one value": groups,
        "scales far apart": spread,
        "scales that are subnormal in float16": 2e-6 * normal(256),
        "scales that are zero in float16": 1e-8 * normal(256),
        "near the smallest that counts": 1e-15 * normal(256),
        "subnormal in float32": 1e-40 * normal(256),
        "large": 1.5e4 * normal(256),
        "two values": numpy.where(normal(256) > 0, 1.0, -1.0),
        "long tails": 0.01 * random.standard_t(2, 256),
    }


def write_reads():
    reads = {}
    for name in [*PLAIN, *READ]:
        blocks = readable_blocks(name)
        values = dequantize(blocks, GGMLQuantizationType[name]).reshape(-1).astype(numpy.float32)
        if name not in PLAIN:
            other = read_by_ggml(name, blocks)
            assert values.tobytes() == other.tobytes(), name
        reads[name] = {"bytes": base64_of(blocks), "values": base64_of(values)}
    return reads


def encoded(name, values):
    if name in PLAIN:
        return quantize(values, GGMLQuantizationType[name]).view(numpy.uint8)
    blocks = written_by_ggml(name, values)
    if name in IN_GGUF:
        with numpy.errstate(all="ignore"):
            other = quantize(values, GGMLQuantizationType[name])
        assert blocks.tobytes() == other.tobytes(), name
    return blocks


def main():
    bulk = bulk_values(BULK_VALUES)
    inputs = {title: values.astype(numpy.float32) for title, values in cases().items()}
    output = {
        "generator": {
            "gguf": version("gguf"),
            "numpy": numpy.__version__,
            "ggml": ggml.ggml_version().decode(),
            "ggml commit": ggml.ggml_commit().decode(),
        },
        "sizes": {
            name: dict(zip(("blockElements", "blockBytes"), map(int, sizes(name)))) for name in ["F32", *PLAIN, *READ]
        },
        "reads": write_reads(),
        "writes": [
            {
                "title": title,
                "values": base64_of(values),
                "blocks": {name: base64_of(encoded(name, values)) for name in [*PLAIN, *WRITTEN]},
            }
            for title, values in inputs.items()
        ],
        "bulk": {
            "count": BULK_VALUES,
            "values": hashlib.sha256(bulk.tobytes()).hexdigest(),
            "blocks": {
                name: hashlib.sha256(encoded(name, bulk).tobytes()).hexdigest() for name in [*PLAIN, *WRITTEN]
            },
        },
    }
    path = HERE / "gguf" / "blocks.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(output, indent=1) + "\n")


main()
