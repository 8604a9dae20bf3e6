"""Bytes that PyTorch keeps for the backward pass of small GPT-2 and LLaMA models, as an answer to hold the
activation estimate against. Counts the storages that autograd saves, each once, without those of parameters and
buffers; attention is fused (scaled_dot_product_attention), float32, no dropout.

Run: python test/golden/make-activation-memory.py   (torch and transformers; writes memory/activations.json)
"""

import json
from pathlib import Path

import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

VOCABULARY = 512


def saved_bytes(model, batch, sequence):
    own = {t.untyped_storage().data_ptr() for t in [*model.parameters(), *model.buffers()]}
    kept = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            # The tensor is held too, so that no later one can get the same address.
            kept[storage.data_ptr()] = (storage.nbytes(), tensor)
        return tensor

    tokens = torch.arange(batch * sequence).reshape(batch, sequence) % VOCABULARY
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        model(input_ids=tokens, labels=tokens, use_cache=False)
    return sum(size for size, _ in kept.values())


def gpt2(layers, hidden, heads):
    config = GPT2Config(
        vocab_size=VOCABULARY, n_positions=1024, n_layer=layers, n_embd=hidden, n_head=heads,
        resid_pdrop=0, embd_pdrop=0, attn_pdrop=0, activation_function="gelu",
    )
    return config, GPT2LMHeadModel._from_config(config, attn_implementation="sdpa")


def llama(layers, hidden, heads, kv_heads, feed_forward):
    config = LlamaConfig(
        vocab_size=VOCABULARY, max_position_embeddings=1024, num_hidden_layers=layers, hidden_size=hidden,
        num_attention_heads=heads, num_key_value_heads=kv_heads, intermediate_size=feed_forward,
    )
    return config, LlamaForCausalLM._from_config(config, attn_implementation="sdpa")


CASES = [
    (gpt2(4, 256, 8), 2, 256),
    (gpt2(8, 512, 8), 1, 512),
    (llama(4, 256, 8, 8, 688), 2, 256),
    (llama(4, 256, 8, 2, 1024), 2, 256),
    (llama(8, 512, 8, 4, 1408), 1, 512),
]

rows = []
for (config, model), batch, sequence in CASES:
    rows.append({
        "config": {key: value for key, value in config.to_diff_dict().items() if isinstance(value, (int, str))},
        "batch": batch,
        "sequence": sequence,
        "saved_bytes": saved_bytes(model.train(), batch, sequence),
    })
target = Path(__file__).parent / "memory" / "activations.json"
target.parent.mkdir(exist_ok=True)
target.write_text(json.dumps({"torch": torch.__version__, "cases": rows}, indent=2) + "\n")
