"""Makes the cases under architectures/: tiny random checkpoints and what transformers computes with them.

    python make-architectures.py                      # rewrites the committed cases
    python make-architectures.py --out DIR --seed 7   # the same architectures with other weights and ids
    python make-architectures.py --out DIR --from CHECKPOINT_DIR   # one case from an existing checkpoint

README.md describes the files of a case.
"""

import argparse
import json
import math
import shutil
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config

from golden_files import HERE, load_model, random_batch, run_with_gradients, versions, write_json, write_tensors

SEQUENCE_LENGTH = 24
PROMPT_LENGTH = 6
GREEDY_TOKENS = 32
# Least gap between the best and the second logit of every greedy step, so that rounding cannot change the token.
GREEDY_MARGIN = 2e-3
# Fewest different ids in the greedy continuation: one repeated id would hide a mistake in the cache.
GREEDY_VARIETY = 6
GREEDY_ATTEMPTS = 200

# Sizes with no common factor to hide a swapped axis: 3 heads of 8, 20 inner units, 61 ids.
DECODER = dict(
    vocab_size=61,
    hidden_size=24,
    intermediate_size=20,
    num_hidden_layers=2,
    num_attention_heads=3,
    num_key_value_heads=1,
    max_position_embeddings=64,
    bos_token_id=1,
    eos_token_id=2,
)
# Where position scaling is the point: heads wide enough (8 frequencies) to have both fast and slow ones.
WIDE_HEADS = DECODER | dict(hidden_size=16, intermediate_size=20, num_attention_heads=2, head_dim=16)
GPT2 = dict(
    vocab_size=61,
    n_positions=44,
    n_embd=24,
    n_layer=2,
    n_head=3,
    n_inner=20,
    resid_pdrop=0.0,
    embd_pdrop=0.0,
    attn_pdrop=0.0,
    bos_token_id=60,
    eos_token_id=60,
)

CASES = {
    "gpt2": GPT2Config(**GPT2),
    "gpt2-untied": GPT2Config(
        **GPT2 | dict(n_embd=16, n_head=2, n_inner=None, activation_function="gelu", tie_word_embeddings=False)
    ),
    "gpt2-scaled-attention": GPT2Config(**GPT2 | dict(n_embd=16, n_head=2, scale_attn_by_inverse_layer_idx=True)),
    "gpt2-published": GPT2Config(**GPT2 | dict(n_embd=16, n_head=2, n_inner=None, n_positions=40)),
    "llama": LlamaConfig(**DECODER | dict(num_key_value_heads=3)),
    "llama-gqa-tied": LlamaConfig(
        **DECODER | dict(num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True, rms_norm_eps=1e-5)
    ),
    "llama-bias": LlamaConfig(**DECODER | dict(attention_bias=True, mlp_bias=True)),
    # Wavelengths of the 8 frequencies: 6.3 (left as it is), 19.9 (blended), 62.8 and more (scaled).
    "llama3-rope": LlamaConfig(
        **WIDE_HEADS | dict(max_position_embeddings=256),
        rope_parameters=dict(
            rope_type="llama3",
            rope_theta=10000.0,
            factor=8.0,
            low_freq_factor=1.0,
            high_freq_factor=4.0,
            original_max_position_embeddings=32,
        ),
    ),
    "llama-linear-rope": LlamaConfig(
        **WIDE_HEADS, rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=2.5)
    ),
    # Ramp from frequency 1 to frequency 3, with neither end at its default.
    "llama-yarn": LlamaConfig(
        **WIDE_HEADS | dict(max_position_embeddings=128),
        rope_parameters=dict(
            rope_type="yarn",
            rope_theta=100.0,
            factor=4.0,
            original_max_position_embeddings=32,
            beta_fast=2.0,
            beta_slow=0.9,
            attention_factor=1.25,
        ),
    ),
    "smollm2-like": LlamaConfig(
        **DECODER | dict(tie_word_embeddings=True, rms_norm_eps=1e-5),
        rope_parameters=dict(rope_type="default", rope_theta=100000.0),
    ),
    # Heads of 12 where hidden / heads is 8.
    "mistral-sliding": MistralConfig(**DECODER | dict(head_dim=12, sliding_window=7)),
    "qwen2": Qwen2Config(**DECODER, rope_parameters=dict(rope_type="default", rope_theta=1000000.0)),
    # Layer 0 sees everything, layer 1 the window.
    "qwen2-sliding": Qwen2Config(
        **DECODER | dict(tie_word_embeddings=True), use_sliding_window=True, sliding_window=6, max_window_layers=1
    ),
    # Ramp ends and attention factor left to their defaults, as published long-context configs do.
    "qwen2-yarn": Qwen2Config(
        **DECODER | dict(num_attention_heads=2, max_position_embeddings=128),
        rope_parameters=dict(rope_type="yarn", rope_theta=100.0, factor=4.0, original_max_position_embeddings=32),
    ),
    "qwen3": Qwen3Config(
        **DECODER | dict(head_dim=12, tie_word_embeddings=True),
        rope_parameters=dict(rope_type="default", rope_theta=1000000.0),
    ),
}

# Settings that files written before transformers 5 leave out where they have their default.
# "gone" are keys, "rope_scaling" renames the fields of the nested rope settings.
OLDER_CONFIGS = {
    "llama": dict(gone=["num_key_value_heads", "head_dim", "rope_theta", "attention_bias", "mlp_bias"]),
    "llama3-rope": dict(gone=[]),
    "llama-linear-rope": dict(gone=[], type_key="type"),
    "mistral-sliding": dict(gone=[]),
    "qwen2": dict(gone=["layer_types"], use_sliding_window=False, sliding_window=32, max_window_layers=2),
    "qwen2-sliding": dict(gone=["layer_types"]),
    "qwen2-yarn": dict(gone=["layer_types"], type_key="type"),
    "qwen3": dict(gone=["layer_types"], use_sliding_window=False, sliding_window=None, max_window_layers=2),
    "gpt2-published": dict(gone=["n_inner", "tie_word_embeddings", "scale_attn_weights", "use_cache"], n_ctx=40),
}


def older_config(config, gone, type_key="rope_type", **changes):
    """The same model's config.json as transformers 4 wrote it."""
    older = dict(config)
    older["torch_dtype"] = older.pop("dtype")
    older["transformers_version"] = "4.45.0"
    rope = older.pop("rope_parameters", None)
    if rope is not None:
        rope = dict(rope)
        older["rope_theta"] = rope.pop("rope_theta")
        rope_type = rope.pop("rope_type")
        older["rope_scaling"] = None if rope_type == "default" else rope | {type_key: rope_type}
    older.update(changes)
    return {key: older[key] for key in sorted(older) if key not in gone}


def randomize(model, generator):
    """Values at which every parameter matters: gains around 1, biases around 0, activations of order 1."""
    tied = model.config.tie_word_embeddings
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() == 1:
                is_gain = name.endswith("weight")
                parameter.copy_(1 + 0.3 * noise if is_gain else 0.2 * noise)
            elif "embed" in name or ".wte." in name or ".wpe." in name:
                parameter.copy_((0.3 if tied else 0.8) * noise)
            else:
                # Linear holds [out, in]; GPT-2's Conv1D holds [in, out].
                is_conv1d = model.config.model_type == "gpt2" and "lm_head" not in name
                inputs = parameter.shape[0 if is_conv1d else 1]
                parameter.copy_(noise * 2 / math.sqrt(inputs))


def published_gpt2_layout(folder):
    """Rewrites the checkpoint the way the original GPT-2 files are published: no `transformer.` before the
    names, and each layer's causal mask stored beside the weights as `h.<layer>.attn.bias`."""
    path = folder / "model.safetensors"
    config = json.loads((folder / "config.json").read_text())
    tensors = {name.removeprefix("transformer."): value for name, value in load_file(path).items()}
    positions = config["n_positions"]
    mask = torch.ones(positions, positions).tril().view(1, 1, positions, positions)
    for layer in range(config["n_layer"]):
        tensors[f"h.{layer}.attn.bias"] = mask.clone()
    save_file(tensors, path, metadata={"format": "pt"})


def greedy_without_cache(model, prompt):
    """The continuation by full recomputation, and its smallest gap between the two best logits."""
    ids, margin = list(prompt), math.inf
    with torch.no_grad():
        for _ in range(GREEDY_TOKENS):
            logits = model(torch.tensor([ids]), use_cache=False).logits[0, -1]
            best, second = logits.topk(2).values.tolist()
            margin = min(margin, best - second)
            ids.append(int(logits.argmax()))
    return ids[len(prompt) :], margin


def greedy_case(model, generator):
    """A random prompt with a clear-cut continuation; the cached and the uncached model must agree on it."""
    for _ in range(GREEDY_ATTEMPTS):
        prompt = torch.randint(model.config.vocab_size, (PROMPT_LENGTH,), generator=generator).tolist()
        tokens, margin = greedy_without_cache(model, prompt)
        if margin >= GREEDY_MARGIN and len(set(tokens)) >= GREEDY_VARIETY:
            break
    else:
        raise SystemExit(f"no prompt in {GREEDY_ATTEMPTS} had a clear greedy continuation")
    model.generation_config.eos_token_id = None
    model.generation_config.pad_token_id = 0
    ids = torch.tensor([prompt])
    generated = model.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=GREEDY_TOKENS
    )
    assert generated[0, PROMPT_LENGTH:].tolist() == tokens, "cached generation differs from full recomputation"
    return {"prompt": prompt, "tokens": tokens}


def describe(folder, generator):
    """Writes case.json and expected.safetensors for the checkpoint in `folder`."""
    model = load_model(folder)
    input_ids, labels = random_batch(model.config.vocab_size, SEQUENCE_LENGTH, generator)
    loss, logits = run_with_gradients(model, input_ids, labels)
    stored = {name for path in folder.glob("model*.safetensors") for name in load_file(path)}
    expected = {"logits": logits}
    for name, parameter in model.named_parameters():
        stored_name = name if name in stored else name.removeprefix("transformer.")
        assert stored_name in stored, f"{name} is not in the checkpoint"
        expected[f"gradient/{stored_name}"] = parameter.grad
    write_tensors(folder / "expected.safetensors", expected)

    configs = sorted(path.name for path in folder.glob("config*.json"))
    case = {
        "configs": configs,
        "input_ids": input_ids.tolist(),
        "labels": labels.tolist(),
        "loss": float(loss),
        "greedy": greedy_case(model, generator),
        "generator": versions(),
    }
    write_json(folder / "case.json", case)
    for name in configs:
        config = transformers.AutoConfig.for_model(**json.loads((folder / name).read_text()))
        config._attn_implementation = "eager"
        again = type(model)(config).eval()
        again.load_state_dict(model.state_dict())
        with torch.no_grad():
            assert torch.equal(again(input_ids).logits, logits), f"{folder.name}/{name} describes another model"
    return sum(parameter.numel() for parameter in model.parameters()), float(loss)


def make(name, config, folder, generator):
    shutil.rmtree(folder, ignore_errors=True)
    config._attn_implementation = "eager"
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    randomize(model, generator)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink()
    if name in OLDER_CONFIGS:
        written = json.loads((folder / "config.json").read_text())
        older = older_config(written, **OLDER_CONFIGS[name])
        (folder / "config.older.json").write_text(json.dumps(older, indent=2) + "\n")
    if name == "gpt2-published":
        published_gpt2_layout(folder)
        (folder / "config.older.json").replace(folder / "config.json")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE / "architectures", help="folder that receives the cases")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--from", dest="source", type=Path, help="checkpoint folder to make one case from")
    arguments = parser.parse_args()
    if arguments.source:
        cases = [arguments.source.resolve().name]
        shutil.copytree(
            arguments.source,
            arguments.out / cases[0],
            ignore=lambda _, names: [n for n in names if not (n == "config.json" or n.startswith("model"))],
        )
    else:
        cases = list(CASES)
    for number, name in enumerate(cases):
        folder = arguments.out / name
        generator = torch.Generator().manual_seed(1000 * arguments.seed + number)
        if not arguments.source:
            make(name, CASES[name], folder, generator)
        parameters, loss = describe(folder, generator)
        size = sum(path.stat().st_size for path in folder.iterdir())
        print(f"{name:24} {parameters:6} parameters  loss {loss:.4f}  {size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
