"""Makes the files under training/: the losses and gradient norms of ten reference training steps, of all weights
(full.json) and of an adapter (lora.json). README.md describes the files and what exactly a step does.

    python make-training.py [--out DIR]
"""

import argparse
import json
from pathlib import Path

import peft
import torch
from peft import PeftModel
from transformers import get_linear_schedule_with_warmup

from golden_files import HERE, load_model, random_batch, run_with_gradients, versions, write_json

SETTINGS = {
    "steps": 10,
    "betas": [0.9, 0.999],
    "eps": 1e-8,
    # On tensors of two dimensions; gains and biases do not decay.
    "weight_decay": 0.01,
    "max_norm": 1.0,
    "schedule": "linear",
    "warmup_steps": 2,
}
SEQUENCE_LENGTH = 16

FULL = [dict(base="llama-gqa-tied", learning_rate=5e-3), dict(base="gpt2", learning_rate=5e-3)]
LORA = [dict(base="llama-gqa-tied", adapter="llama-all-linear", learning_rate=2e-2)]


def train(model, learning_rate, batches):
    """One entry a step: the rate it used, and the loss and gradient norm before the update."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in trained if p.dim() == 2], "weight_decay": SETTINGS["weight_decay"]},
            {"params": [p for p in trained if p.dim() != 2], "weight_decay": 0.0},
        ],
        lr=learning_rate,
        betas=tuple(SETTINGS["betas"]),
        eps=SETTINGS["eps"],
        foreach=False,
    )
    schedule = get_linear_schedule_with_warmup(optimizer, SETTINGS["warmup_steps"], SETTINGS["steps"])
    steps = []
    for step in range(SETTINGS["steps"]):
        loss, _ = run_with_gradients(model, *batches[step % len(batches)])
        norm = torch.nn.utils.clip_grad_norm_(trained, SETTINGS["max_norm"])
        steps.append({"learning_rate": schedule.get_last_lr()[0], "loss": float(loss), "gradient_norm": float(norm)})
        optimizer.step()
        schedule.step()
    return steps


def run(base, learning_rate, seed, adapter=None):
    model = load_model(HERE / "architectures" / base)
    if adapter:
        model = PeftModel.from_pretrained(model, HERE / "adapters" / adapter, is_trainable=True).eval()
    generator = torch.Generator().manual_seed(seed)
    batches = [random_batch(model.config.vocab_size, SEQUENCE_LENGTH, generator) for _ in range(2)]
    steps = train(model, learning_rate, batches)
    after = [float(run_with_gradients(model, *batch)[0]) for batch in batches]
    return {
        "base": base,
        **({"adapter": adapter} if adapter else {}),
        "learning_rate": learning_rate,
        **SETTINGS,
        "batches": [{"input_ids": ids.tolist(), "labels": labels.tolist()} for ids, labels in batches],
        "trajectory": steps,
        "losses_after": after,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE / "training", help="folder that receives the files")
    out = parser.parse_args().out
    for name, cases in (("full", FULL), ("lora", LORA)):
        runs = [run(**case, seed=seed) for seed, case in enumerate(cases)]
        write_json(out / f"{name}.json", {"generator": versions(peft), "runs": runs})
        print(json.dumps([[round(step["loss"], 3) for step in each["trajectory"]] for each in runs]))


if __name__ == "__main__":
    main()
