"""Makes the files under optimizers/: what torch's AdamW, gradient clipping and cross-entropy and the schedules of
transformers compute. README.md describes the files.

    python make-optimizers.py [--out DIR]
"""

import argparse
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy
from transformers import (
    get_constant_schedule_with_warmup,
    get_cosine_schedule_with_warmup,
    get_linear_schedule_with_warmup,
)

from golden_files import HERE, IGNORE_INDEX, float32_list, versions, write_json

STEPS = 12
PARAMETER_LENGTHS = (5, 3)
ADAMW_SETTINGS = {
    "defaults": dict(betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01),
    "no-decay": dict(betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0),
    "pre-training": dict(betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1),
    # An epsilon as large as the gradients tells sqrt(v) + eps from sqrt(v + eps).
    "large-epsilon": dict(betas=(0.8, 0.99), eps=0.1, weight_decay=0.05),
}
SCHEDULES = {
    "constant": lambda optimizer, warmup, total: get_constant_schedule_with_warmup(optimizer, warmup),
    "linear": get_linear_schedule_with_warmup,
    "cosine": get_cosine_schedule_with_warmup,
}
# (warm-up steps, total steps)
SCHEDULE_LENGTHS = ((0, 10), (3, 10), (1, 25), (10, 10))


def adamw(generator):
    cases = []
    for name, settings in ADAMW_SETTINGS.items():
        parameters = [torch.randn(length, generator=generator) for length in PARAMETER_LENGTHS]
        initial = [float32_list(parameter) for parameter in parameters]
        optimizer = torch.optim.AdamW(parameters, lr=0.0, foreach=False, **settings)
        steps = []
        for step in range(STEPS):
            # Up a ramp and down again: the rate of each step must be used, also for the decay.
            learning_rate = 0.05 * min(step + 1, STEPS - step) / STEPS
            optimizer.param_groups[0]["lr"] = learning_rate
            for parameter in parameters:
                parameter.grad = torch.randn(parameter.shape, generator=generator)
                # One element with gradients around the usual epsilon, one that rests now and then.
                parameter.grad[0] *= 1e-8
                parameter.grad[1] *= step % 3 != 0
            optimizer.step()
            steps.append(
                {
                    "learning_rate": learning_rate,
                    "gradients": [float32_list(parameter.grad) for parameter in parameters],
                    "parameters": [float32_list(parameter) for parameter in parameters],
                }
            )
        cases.append({"name": name, **settings, "betas": list(settings["betas"]), "initial": initial, "steps": steps})
    return cases


def clip(generator):
    gradients = [torch.randn(shape, generator=generator) for shape in ((2, 3), (4,), (1,))]
    # Far above the norm, a little above it, a little below it, far below it, and gradients of zero.
    norm = float(torch.cat([gradient.flatten() for gradient in gradients]).norm())
    cases = [(1.0, gradients, threshold) for threshold in (100.0, norm * 1.01, norm * 0.99, 0.01)]
    cases += [(0.0, gradients, 1.0)]
    written = []
    for scale, values, max_norm in cases:
        parameters = [torch.zeros_like(value) for value in values]
        for parameter, value in zip(parameters, values):
            parameter.grad = value * scale
        before = [float32_list(parameter.grad.flatten()) for parameter in parameters]
        total = torch.nn.utils.clip_grad_norm_(parameters, max_norm)
        written.append(
            {
                "max_norm": max_norm,
                "gradients": before,
                "norm": float(total),
                "clipped": [float32_list(parameter.grad.flatten()) for parameter in parameters],
            }
        )
    return written


def schedules():
    cases = []
    for name, make in SCHEDULES.items():
        for warmup, total in SCHEDULE_LENGTHS:
            optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
            schedule = make(optimizer, warmup, total)
            multipliers = []
            for _ in range(total + 1):
                multipliers.append(schedule.get_last_lr()[0])
                optimizer.step()
                schedule.step()
            cases.append({"schedule": name, "warmup_steps": warmup, "total_steps": total, "multipliers": multipliers})
    return cases


def losses(generator):
    rows, classes = 7, 9
    ordinary = torch.randn(rows, classes, generator=generator)
    labels = torch.randint(classes, (rows,), generator=generator)
    some = labels.clone()
    some[[0, 3, 6]] = IGNORE_INDEX
    one = torch.full_like(labels, IGNORE_INDEX)
    one[4] = labels[4]
    cases = {
        "all-supervised": (ordinary, labels),
        "some-ignored": (2 * ordinary, some),
        "one-supervised": (ordinary, one),
        # exp of these overflows float32 unless the largest logit is subtracted first.
        "large-logits": (200 * ordinary, some),
    }
    written = []
    for name, (logits, targets) in cases.items():
        total = cross_entropy(logits, targets, ignore_index=IGNORE_INDEX, reduction="sum")
        logits = logits.clone().requires_grad_()
        mean = cross_entropy(logits, targets, ignore_index=IGNORE_INDEX)
        mean.backward()
        written.append(
            {
                "name": name,
                "logits": float32_list(logits.detach()),
                "labels": targets.tolist(),
                "sum": float(total),
                "mean": float(mean.detach()),
                "gradient_of_mean": float32_list(logits.grad),
            }
        )
    return written


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE / "optimizers", help="folder that receives the files")
    out = parser.parse_args().out
    generator = torch.Generator().manual_seed(0)
    files = {
        "adamw": adamw(generator),
        "clip": clip(generator),
        "schedules": schedules(),
        "cross-entropy": losses(generator),
    }
    for name, cases in files.items():
        write_json(out / f"{name}.json", {"generator": versions(), "cases": cases})


if __name__ == "__main__":
    main()
