"""Floating-point operations of the matrix products in one training step of small GPT-2 and LLaMA models, as PyTorch's
FlopCounterMode counts those that it runs, as an answer to hold the benchmark's count against. Attention is eager, so
that its products are counted over all pairs, masked ones too, and nothing is recomputed.

Run: python test/golden/make-matrix-products.py   (torch, transformers and peft; writes bench/matrix-products.json)
"""

import torch
from golden_files import HERE, versions, write_json
from peft import LoraConfig, get_peft_model
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoConfig, AutoModelForCausalLM
import peft

LLAMA = {
    "model_type": "llama", "vocab_size": 384, "hidden_size": 64, "intermediate_size": 176, "num_hidden_layers": 3,
    "num_attention_heads": 8, "num_key_value_heads": 2, "max_position_embeddings": 64, "tie_word_embeddings": True,
}
GPT2 = {"model_type": "gpt2", "vocab_size": 384, "n_positions": 64, "n_embd": 48, "n_layer": 3, "n_head": 4}
RANK = 4
BATCH, LENGTH = 2, 20

CASES = [
    (LLAMA, None),
    (GPT2, None),
    (LLAMA, ["q_proj", "v_proj"]),
    (LLAMA, "all-linear"),
    # Where only late layers of a block are trained, the backward pass through the first block ends early.
    (LLAMA, ["k_proj"]),
    (LLAMA, ["v_proj"]),
    (LLAMA, ["o_proj"]),
    (LLAMA, ["up_proj"]),
    (LLAMA, ["down_proj"]),
    (GPT2, ["c_attn"]),
]


def count(fields, targets):
    config = AutoConfig.for_model(**fields, bos_token_id=None, eos_token_id=None, pad_token_id=None)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    if targets is not None:
        model = get_peft_model(model, LoraConfig(
            r=RANK, lora_alpha=RANK, target_modules=targets, fan_in_fan_out=fields is GPT2, task_type="CAUSAL_LM",
        ))
    tokens = torch.arange(BATCH * LENGTH).reshape(BATCH, LENGTH)
    counter = FlopCounterMode(display=False)
    with counter:
        logits = model(input_ids=tokens, use_cache=False).logits
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens.flatten()).backward()
    by_operator = {str(name): operations for name, operations in counter.get_flop_counts()["Global"].items()}
    attention = by_operator.pop("aten.bmm")
    return {"linear": sum(by_operator.values()), "attention": attention}


write_json(HERE / "bench" / "matrix-products.json", {
    "generator": versions(peft),
    "batch": BATCH,
    "length": LENGTH,
    "rank": RANK,
    "cases": [{"config": fields, "targets": targets, **count(fields, targets)} for fields, targets in CASES],
})
