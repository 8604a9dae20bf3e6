"""Loads an adapter folder with peft on a base checkpoint and prints, as JSON, what the adapted model computes:
the other direction, to verify adapters that this toolkit wrote.

    python check-adapter.py BASE_DIR ADAPTER_DIR --input-ids '[[1, 2, 3]]' [--labels '[[-100, 2, 3]]']
    python check-adapter.py BASE_DIR ADAPTER_DIR --case CASE_JSON    # input_ids and labels from a case.json

Prints {"scaling", "rank", "loss" (with labels), "logits" [batch][position][vocabulary], "greedy" (the arg max of
each position)}. Fails if a tensor of the file has no place in the model, if a place in the model has no tensor in the
file, or if merging the adapter into the weights changes the results.
"""

import argparse
import json
from pathlib import Path

import torch
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import load_file

from golden_files import float32_list, load_model

# A merge rounds each weight once more: far below this, relative to the largest logit.
MERGE_TOLERANCE = 1e-4


def check_tensors(adapted, stored):
    """Every tensor of the file must have arrived unchanged, and nothing else may be in the adapter."""
    held = get_peft_model_state_dict(adapted, save_embedding_layers=False)
    problems = [f"no place in the model for {name}" for name in stored.keys() - held.keys()]
    problems += [f"missing in the file: {name}" for name in held.keys() - stored.keys()]
    problems += [
        f"changed on loading: {name}"
        for name in stored.keys() & held.keys()
        if not torch.equal(stored[name].float(), held[name].float())
    ]
    if problems:
        raise SystemExit("\n".join(sorted(problems)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=Path)
    parser.add_argument("adapter", type=Path)
    ids = parser.add_mutually_exclusive_group(required=True)
    ids.add_argument("--input-ids", type=json.loads)
    ids.add_argument("--case", type=lambda path: json.loads(Path(path).read_text()))
    parser.add_argument("--labels", type=json.loads)
    arguments = parser.parse_args()
    inputs = arguments.case or {"input_ids": arguments.input_ids, "labels": arguments.labels}
    input_ids = torch.tensor(inputs["input_ids"])
    labels = torch.tensor(inputs["labels"]) if inputs.get("labels") is not None else None

    adapted = PeftModel.from_pretrained(load_model(arguments.base), arguments.adapter).eval()
    check_tensors(adapted, load_file(arguments.adapter / "adapter_model.safetensors"))
    layers = [module for module in adapted.modules() if hasattr(module, "lora_A") and "default" in module.lora_A]
    with torch.no_grad():
        output = adapted(input_ids=input_ids, labels=labels, use_cache=False)
        report = {
            "scaling": sorted({layer.scaling["default"] for layer in layers}),
            "rank": sorted({layer.r["default"] for layer in layers}),
            "loss": None if labels is None else float(output.loss),
            "logits": float32_list(output.logits),
            "greedy": output.logits.argmax(-1).tolist(),
        }
        merged = adapted.merge_and_unload()(input_ids=input_ids, use_cache=False).logits
    difference = float((merged - output.logits).abs().max() / output.logits.abs().max())
    if not difference < MERGE_TOLERANCE:
        raise SystemExit(f"the merged weights give other logits: relative difference {difference:.2e}")
    print(json.dumps(report))


if __name__ == "__main__":
    main()
