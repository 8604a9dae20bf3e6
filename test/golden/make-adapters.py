"""Makes the cases under adapters/: LoRA adapters written by peft on the models of architectures/, and what the
adapted models compute. README.md describes the files of a case.

    python make-adapters.py [--out DIR]
"""

import argparse
import shutil
from pathlib import Path

import peft
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file

from golden_files import HERE, load_model, random_batch, run_with_gradients, versions, write_json, write_tensors

SEQUENCE_LENGTH = 20
# Spread of the random B matrices, which peft starts at zero: large enough to change every logit visibly.
B_SPREAD = 0.2

LLAMA_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
CASES = {
    "llama-all-linear": dict(
        base="llama-gqa-tied",
        settings=dict(target_modules=LLAMA_LINEAR),
        merged=["model.layers.0.self_attn.k_proj.weight", "model.layers.1.mlp.down_proj.weight"],
    ),
    # Conv1D holds [in, out], so A and B apply to the transposed weight; c_proj names two layers of every block.
    "gpt2-conv1d": dict(
        base="gpt2",
        settings=dict(target_modules=["c_attn", "c_proj"], fan_in_fan_out=True),
        merged=["transformer.h.0.attn.c_attn.weight", "transformer.h.1.mlp.c_proj.weight"],
    ),
    # Scaled by alpha / sqrt(r) in place of alpha / r.
    "qwen2-rslora": dict(
        base="qwen2",
        settings=dict(target_modules=["q_proj", "v_proj"], use_rslora=True),
        merged=["model.layers.0.self_attn.q_proj.weight", "model.layers.1.self_attn.v_proj.weight"],
    ),
}


def make(name, base, settings, merged, out, generator):
    folder = out / name
    shutil.rmtree(folder, ignore_errors=True)
    model = load_model(HERE / "architectures" / base)
    # peft records where the base came from; a name in place of this machine's path.
    model.name_or_path = base
    config = LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, task_type="CAUSAL_LM", **settings)
    adapted = get_peft_model(model, config).eval()
    with torch.no_grad():
        for parameter_name, parameter in adapted.named_parameters():
            if "lora_A" in parameter_name:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) / parameter.shape[1] ** 0.5)
            elif "lora_B" in parameter_name:
                parameter.copy_(B_SPREAD * torch.randn(parameter.shape, generator=generator))
    # peft keeps the targets as a set: sorted, the file does not depend on Python's hash seed.
    config.target_modules = sorted(config.target_modules)
    adapted.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink()

    input_ids, labels = random_batch(model.config.vocab_size, SEQUENCE_LENGTH, generator)
    loss, logits = run_with_gradients(adapted, input_ids, labels)
    gradients = {
        parameter_name.replace(".default.", "."): parameter.grad
        for parameter_name, parameter in adapted.named_parameters()
        if parameter.requires_grad
    }
    assert gradients.keys() == load_file(folder / "adapter_model.safetensors").keys()
    expected = {"logits": logits} | {f"gradient/{key}": value for key, value in gradients.items()}
    weights = adapted.merge_and_unload().state_dict()
    expected |= {f"merged/{key}": weights[key] for key in merged}
    write_tensors(folder / "expected.safetensors", expected)
    case = {
        "base": base,
        "input_ids": input_ids.tolist(),
        "labels": labels.tolist(),
        "loss": float(loss),
        "generator": versions(peft),
    }
    write_json(folder / "case.json", case)
    with torch.no_grad():
        plain = load_model(HERE / "architectures" / base)(input_ids).logits
    print(f"{name:20} loss {loss:.4f}  largest change of a logit {float((plain - logits).abs().max()):.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE / "adapters", help="folder that receives the cases")
    out = parser.parse_args().out
    for seed, (name, case) in enumerate(CASES.items()):
        torch.manual_seed(seed)
        make(name, **case, out=out, generator=torch.Generator().manual_seed(seed))


if __name__ == "__main__":
    main()
