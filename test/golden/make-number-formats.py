"""Writes number-formats.json: limits of floating-point formats, and values cast to them, by PyTorch.

    python -m pip install torch
    python make-number-formats.py
"""
import json
import math
from pathlib import Path

import torch

FORMATS = {
    "fp32": torch.float32,
    "fp16": torch.float16,
    "bf16": torch.bfloat16,
    "fp8-e4m3": torch.float8_e4m3fn,
    "fp8-e5m2": torch.float8_e5m2,
}
VALUES = [
    0.0, 1.0, -1.0, 3.14159, -3.14159, 0.1, 1 / 3, 2.71828, 65504.0, 65519.0, 65520.0, 1e5, 240.0, 447.0, 448.0, 463.0,
    464.0, 465.0, 57344.0, 61439.0, 61440.0, 3.4e38, 1e-3, 1e-5, 6e-8, 2.9e-8, 3e-8, 1e-10, 1e-40, 1.17, 1.0625, 1.1875,
    1.00390625, 1.01171875, 0.001953125, 0.0009765625, 0.00146484375, -0.0146484375, 1e-45, 123.456, -999.5, 2049.0, 2051.0,
]


def cast(value: float, dtype: torch.dtype):
    # From float64 straight to the format, so that it is rounded once; torch goes through float32 for the 8-bit ones,
    # for which all these values have no more bits than float32 holds.
    result = torch.tensor([value], dtype=torch.float64).to(dtype).to(torch.float64).item()
    if math.isnan(result):
        return "NaN"
    return ("Infinity" if result > 0 else "-Infinity") if math.isinf(result) else result


limits = {}
for name, dtype in FORMATS.items():
    info = torch.finfo(dtype)
    limits[name] = {
        "bits": info.bits,
        "largest": info.max,
        "smallestNormal": info.smallest_normal,
        "spacing": info.eps,
    }
casts = {name: [[value, cast(value, dtype)] for value in VALUES] for name, dtype in FORMATS.items()}

# NF4 from its definition (QLoRA, appendix E): quantiles of the normal distribution, eight positive, zero, seven negative.
OFFSET = 0.9677083
quantile = lambda count: torch.special.ndtri(torch.linspace(OFFSET, 0.5, count, dtype=torch.float64)[:-1])
codes = torch.cat([-quantile(8), torch.zeros(1, dtype=torch.float64), quantile(9)]).sort().values
nf4 = (codes / codes.max()).tolist()
output = {"generator": {"torch": torch.__version__}, "limits": limits, "casts": casts, "nf4": nf4}
path = Path(__file__).with_name("number-formats.json")
path.write_text(json.dumps(output, indent=1) + "\n")
