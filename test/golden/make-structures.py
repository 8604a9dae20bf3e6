"""Makes structures/: which weights transformers gives to the model families under src/core/model-structures/families.

    python make-structures.py

One file per case. Small models are built and saved, so that names, shapes and the splitting of experts are those of the
checkpoints people publish; what the cache holds of one position is measured by running them. `published.json` has the
number of parameters of models of published size, built on the meta device, which allocates nothing; transformers 5
holds a layer's experts in one tensor there, so only counts are taken.

Not from transformers: the output matrix of T5 1.1 and FLAN-T5, which transformers 5 ties although the published
checkpoints store it; it is added here (`untied_head`). PaLM and Gopher have no published weights; the tests hold them
against their papers.
"""

import json
import tempfile
from pathlib import Path

from golden_files import HERE, torch, transformers, versions, write_json
from safetensors import safe_open

OUT = HERE / "structures"
TOKENS = 5

# Sizes that are all different, so that no two dimensions can be mistaken for one another.
SMALL = dict(vocab_size=53, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=32, pad_token_id=0, bos_token_id=1, eos_token_id=2)
# The same with as many key/value heads as heads.
MULTI_HEAD = {key: value for key, value in SMALL.items() if key != "num_key_value_heads"}
DEEPSEEK = {**SMALL, "num_key_value_heads": 4, "kv_lora_rank": 10, "qk_nope_head_dim": 6, "qk_rope_head_dim": 8,
            "v_head_dim": 14, "moe_intermediate_size": 12, "num_experts_per_tok": 2, "first_k_dense_replace": 1}
SEQ2SEQ_IDS = dict(pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=2)
IDS = dict(pad_token_id=0, bos_token_id=1, eos_token_id=2)

# case: (model class, family, fields of config.json)
CASES = {
    "bert": ("BertModel", "bert", {**MULTI_HEAD, "type_vocab_size": 3}),
    "roberta": ("RobertaModel", "roberta", {**MULTI_HEAD, "pad_token_id": 1, "type_vocab_size": 1}),
    "xlm-roberta": ("XLMRobertaModel", "xlm-roberta", {**MULTI_HEAD, "pad_token_id": 1, "type_vocab_size": 1}),
    "bart": ("BartModel", "bart", dict(vocab_size=53, d_model=24, encoder_layers=2, decoder_layers=3,
             encoder_attention_heads=4, decoder_attention_heads=6, encoder_ffn_dim=40, decoder_ffn_dim=44,
             max_position_embeddings=32, **SEQ2SEQ_IDS)),
    "t5": ("T5ForConditionalGeneration", "t5", dict(vocab_size=53, d_model=24, d_kv=10, d_ff=40, num_layers=2,
           num_decoder_layers=3, num_heads=4, relative_attention_num_buckets=8, **SEQ2SEQ_IDS)),
    "t5-gated-untied": ("T5ForConditionalGeneration", "t5", dict(vocab_size=53, d_model=24, d_kv=10, d_ff=40,
                        num_layers=2, num_heads=4, feed_forward_proj="gated-gelu", tie_word_embeddings=False,
                        **SEQ2SEQ_IDS)),
    "bloom": ("BloomForCausalLM", "bloom", dict(vocab_size=53, n_embed=24, n_layer=3, n_head=4, **IDS)),
    "bloom-long-names": ("BloomForCausalLM", "bloom", dict(vocab_size=53, hidden_size=24, num_hidden_layers=2,
                         num_attention_heads=4, **IDS)),
    "mixtral": ("MixtralForCausalLM", "mixtral", {**SMALL, "num_local_experts": 3, "num_experts_per_tok": 2,
                "sliding_window": 16}),
    "mixtral-head-dim": ("MixtralForCausalLM", "mixtral", {**SMALL, "num_local_experts": 2, "head_dim": 10,
                         "tie_word_embeddings": True}),
    "qwen2-moe": ("Qwen2MoeForCausalLM", "qwen2_moe", {**SMALL, "num_experts": 3, "num_experts_per_tok": 2,
                  "moe_intermediate_size": 12, "shared_expert_intermediate_size": 20}),
    "qwen2-moe-windows": ("Qwen2MoeForCausalLM", "qwen2_moe", {**SMALL, "num_hidden_layers": 5, "num_experts": 2,
                          "num_experts_per_tok": 1, "moe_intermediate_size": 12, "use_sliding_window": True,
                          "shared_expert_intermediate_size": 20, "sliding_window": 16, "max_window_layers": 3}),
    "qwen3-moe": ("Qwen3MoeForCausalLM", "qwen3_moe", {**SMALL, "head_dim": 10, "num_experts": 3,
                  "num_experts_per_tok": 2, "moe_intermediate_size": 12}),
    "qwen3-moe-sparse": ("Qwen3MoeForCausalLM", "qwen3_moe", {**SMALL, "num_hidden_layers": 6, "num_experts": 2,
                         "num_experts_per_tok": 1, "moe_intermediate_size": 12, "decoder_sparse_step": 2,
                         "mlp_only_layers": [3], "attention_bias": True}),
    "phi": ("PhiForCausalLM", "phi", MULTI_HEAD),
    "phi-query-key-norm": ("PhiForCausalLM", "phi", {**SMALL, "qk_layernorm": True}),
    "phi3": ("Phi3ForCausalLM", "phi3", {**SMALL, "sliding_window": 16}),
    "phi3-tied": ("Phi3ForCausalLM", "phi3", {**MULTI_HEAD, "tie_word_embeddings": True}),
    "gemma": ("GemmaForCausalLM", "gemma", {**SMALL, "head_dim": 10}),
    "gemma2": ("Gemma2ForCausalLM", "gemma2", {**SMALL, "head_dim": 10, "sliding_window": 16}),
    "gemma3": ("Gemma3ForCausalLM", "gemma3_text", {**SMALL, "num_hidden_layers": 7, "head_dim": 10,
               "sliding_window": 16}),
    "gemma3-pattern": ("Gemma3ForCausalLM", "gemma3_text", {**SMALL, "num_hidden_layers": 4, "head_dim": 10,
                       "sliding_window": 16, "sliding_window_pattern": 2, "attention_bias": True}),
    "gemma3-multimodal": ("Gemma3ForCausalLM", "gemma3", {"text_config": {**SMALL, "model_type": "gemma3_text",
                          "head_dim": 10}, "vision_config": {"hidden_size": 12}}),
    "falcon-multi-query": ("FalconForCausalLM", "falcon", MULTI_HEAD),
    "falcon-grouped": ("FalconForCausalLM", "falcon", {**MULTI_HEAD, "num_kv_heads": 2,
                       "new_decoder_architecture": True, "tie_word_embeddings": False}),
    "falcon-one-norm": ("FalconForCausalLM", "falcon", {**MULTI_HEAD, "num_kv_heads": 2, "ffn_hidden_size": 36,
                        "new_decoder_architecture": True, "num_ln_in_parallel_attn": 1}),
    "falcon-sequential": ("FalconForCausalLM", "falcon", {**MULTI_HEAD, "multi_query": False, "bias": True,
                          "parallel_attn": False, "alibi": True}),
    "gpt-neox": ("GPTNeoXForCausalLM", "gpt_neox", MULTI_HEAD),
    "gpt-neox-tied": ("GPTNeoXForCausalLM", "gpt_neox", {**MULTI_HEAD, "attention_bias": False,
                      "tie_word_embeddings": True}),
    "opt": ("OPTForCausalLM", "opt", {**MULTI_HEAD, "ffn_dim": 40}),
    "opt-projected": ("OPTForCausalLM", "opt", {**MULTI_HEAD, "ffn_dim": 40, "word_embed_proj_dim": 14,
                      "do_layer_norm_before": False}),
    "opt-plain": ("OPTForCausalLM", "opt", {**MULTI_HEAD, "ffn_dim": 40, "enable_bias": False,
                  "layer_norm_elementwise_affine": False}),
    "deepseek-v2": ("DeepseekV2ForCausalLM", "deepseek_v2", {**DEEPSEEK, "q_lora_rank": None, "n_routed_experts": 4,
                    "n_shared_experts": 2}),
    "deepseek-v2-biases": ("DeepseekV2ForCausalLM", "deepseek_v2", {**DEEPSEEK, "q_lora_rank": 16,
                           "n_routed_experts": 2, "n_shared_experts": 1, "attention_bias": True, "mlp_bias": True}),
    "deepseek-v3": ("DeepseekV3ForCausalLM", "deepseek_v3", {**DEEPSEEK, "q_lora_rank": 16, "n_routed_experts": 4,
                    "n_group": 2, "topk_group": 1}),
    "gpt-bigcode": ("GPTBigCodeForCausalLM", "gpt_bigcode", dict(vocab_size=53, n_embd=24, n_layer=3, n_head=4,
                    n_positions=32, n_inner=40, **IDS)),
    "gpt-bigcode-multi-head": ("GPTBigCodeForCausalLM", "gpt_bigcode", dict(vocab_size=53, n_embd=24, n_layer=2,
                               n_head=4, n_positions=32, multi_query=False, **IDS)),
    "mpt": ("MptForCausalLM", "mpt", dict(vocab_size=53, d_model=24, n_layers=3, n_heads=4,
            max_seq_len=32, **IDS)),
    "smollm3": ("SmolLM3ForCausalLM", "smollm3", {**SMALL, "num_hidden_layers": 4}),
    "smollm3-biases": ("SmolLM3ForCausalLM", "smollm3", {**SMALL, "num_hidden_layers": 5, "attention_bias": True,
                       "mlp_bias": True, "use_sliding_window": True, "sliding_window": 16,
                       "no_rope_layer_interval": 2}),
    "olmo2": ("Olmo2ForCausalLM", "olmo2", SMALL),
    "starcoder2": ("Starcoder2ForCausalLM", "starcoder2", {**SMALL, "sliding_window": 16}),
    "starcoder2-plain": ("Starcoder2ForCausalLM", "starcoder2", {**SMALL, "use_bias": False,
                         "tie_word_embeddings": False}),
    "cohere": ("CohereForCausalLM", "cohere", SMALL),
    "cohere-query-key-norm": ("CohereForCausalLM", "cohere", {**SMALL, "use_qk_norm": True}),
    "minimax-m2": ("MiniMaxM2ForCausalLM", "minimax_m2", {**SMALL, "head_dim": 10, "num_local_experts": 3,
                   "num_experts_per_tok": 2}),
    "gpt-oss": ("GptOssForCausalLM", "gpt_oss", {**SMALL, "head_dim": 10, "num_local_experts": 3,
                "num_experts_per_tok": 2, "sliding_window": 16}),
}

# transformers spreads shared keys and values over all heads before it keeps them.
EXPANDED_CACHE = {"deepseek_v2", "deepseek_v3"}
EXPANDED_CACHE_CASES = {"falcon-grouped", "falcon-one-norm"}

# name: (model class, family, fields as the published config.json has them, so far as weights depend on them)
PUBLISHED = {
    "bert-base-uncased": ("BertModel", "bert", dict(vocab_size=30522, hidden_size=768, num_hidden_layers=12,
                          num_attention_heads=12, intermediate_size=3072, max_position_embeddings=512)),
    "bert-large-uncased": ("BertModel", "bert", dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16,
                           intermediate_size=4096)),
    "roberta-base": ("RobertaModel", "roberta", dict(vocab_size=50265, max_position_embeddings=514,
                     type_vocab_size=1)),
    "xlm-roberta-base": ("XLMRobertaModel", "xlm-roberta", dict(vocab_size=250002, max_position_embeddings=514,
                         type_vocab_size=1)),
    "bart-base": ("BartModel", "bart", dict(d_model=768, encoder_layers=6, decoder_layers=6, encoder_ffn_dim=3072,
                  decoder_ffn_dim=3072, encoder_attention_heads=12, decoder_attention_heads=12)),
    "bart-large": ("BartModel", "bart", {}),
    "t5-small": ("T5ForConditionalGeneration", "t5", {}),
    "t5-11b": ("T5ForConditionalGeneration", "t5", dict(d_model=1024, d_kv=128, d_ff=65536, num_layers=24,
               num_heads=128)),
    "flan-t5-base": ("T5ForConditionalGeneration", "t5", dict(d_model=768, d_ff=2048, num_layers=12, num_heads=12,
                     feed_forward_proj="gated-gelu", tie_word_embeddings=False)),
    "flan-t5-xxl": ("T5ForConditionalGeneration", "t5", dict(d_model=4096, d_ff=10240, num_layers=24, num_heads=64,
                    feed_forward_proj="gated-gelu", tie_word_embeddings=False)),
    "bloom-560m": ("BloomForCausalLM", "bloom", dict(hidden_size=1024, n_layer=24, n_head=16)),
    "bloom": ("BloomForCausalLM", "bloom", dict(n_embed=14336, n_layer=70, num_attention_heads=112)),
    "bloomberggpt": ("BloomForCausalLM", "bloom", dict(vocab_size=131072, hidden_size=7680, n_layer=70, n_head=40)),
    "mixtral-8x7b": ("MixtralForCausalLM", "mixtral", {}),
    "mixtral-8x22b": ("MixtralForCausalLM", "mixtral", dict(vocab_size=32768, hidden_size=6144,
                      intermediate_size=16384, num_hidden_layers=56, num_attention_heads=48)),
    "qwen1.5-moe-a2.7b": ("Qwen2MoeForCausalLM", "qwen2_moe", {}),
    "qwen3-30b-a3b": ("Qwen3MoeForCausalLM", "qwen3_moe", dict(num_hidden_layers=48, head_dim=128)),
    "qwen3-235b-a22b": ("Qwen3MoeForCausalLM", "qwen3_moe", dict(hidden_size=4096, num_hidden_layers=94,
                        num_attention_heads=64, head_dim=128, moe_intermediate_size=1536)),
    "phi-1_5": ("PhiForCausalLM", "phi", {}),
    "phi-2": ("PhiForCausalLM", "phi", dict(hidden_size=2560, intermediate_size=10240, num_hidden_layers=32)),
    "phi-3-mini-4k": ("Phi3ForCausalLM", "phi3", dict(sliding_window=2047)),
    "phi-4": ("Phi3ForCausalLM", "phi3", dict(vocab_size=100352, hidden_size=5120, intermediate_size=17920,
              num_hidden_layers=40, num_attention_heads=40, num_key_value_heads=10, pad_token_id=0)),
    "phi-4-mini": ("Phi3ForCausalLM", "phi3", dict(vocab_size=200064, num_attention_heads=24, num_key_value_heads=8,
                   tie_word_embeddings=True)),
    "gemma-2b": ("GemmaForCausalLM", "gemma", dict(hidden_size=2048, intermediate_size=16384, num_hidden_layers=18,
                 num_attention_heads=8, num_key_value_heads=1)),
    "gemma-7b": ("GemmaForCausalLM", "gemma", {}),
    "gemma-2-2b": ("Gemma2ForCausalLM", "gemma2", {}),
    "gemma-2-9b": ("Gemma2ForCausalLM", "gemma2", dict(hidden_size=3584, intermediate_size=14336,
                   num_hidden_layers=42, num_attention_heads=16, num_key_value_heads=8)),
    "gemma-2-27b": ("Gemma2ForCausalLM", "gemma2", dict(hidden_size=4608, intermediate_size=36864,
                    num_hidden_layers=46, num_attention_heads=32, num_key_value_heads=16, head_dim=128)),
    "gemma-3-1b": ("Gemma3ForCausalLM", "gemma3_text", dict(vocab_size=262144, hidden_size=1152,
                   intermediate_size=6912, num_attention_heads=4, num_key_value_heads=1, sliding_window=512)),
    "gemma-3-27b": ("Gemma3ForCausalLM", "gemma3_text", dict(hidden_size=5376, intermediate_size=21504,
                    num_hidden_layers=62, num_attention_heads=32, num_key_value_heads=16, head_dim=128,
                    sliding_window=1024)),
    "gemma-3-4b": ("Gemma3ForCausalLM", "gemma3", dict(text_config=dict(model_type="gemma3_text", hidden_size=2560,
                   intermediate_size=10240, num_hidden_layers=34, sliding_window=1024))),
    "llava-1.5-7b": ("LlamaForCausalLM", "llava", dict(text_config=dict(model_type="llama", vocab_size=32064,
                     max_position_embeddings=4096))),
    "llava-1.6-mistral-7b": ("MistralForCausalLM", "llava_next", dict(text_config=dict(model_type="mistral",
                             vocab_size=32064, max_position_embeddings=32768, sliding_window=None))),
    "falcon-7b": ("FalconForCausalLM", "falcon", {}),
    "falcon-40b": ("FalconForCausalLM", "falcon", dict(hidden_size=8192, num_hidden_layers=60,
                   num_attention_heads=128, num_kv_heads=8, new_decoder_architecture=True)),
    "falcon-180b": ("FalconForCausalLM", "falcon", dict(hidden_size=14848, num_hidden_layers=80,
                    num_attention_heads=232, num_kv_heads=8, new_decoder_architecture=True,
                    tie_word_embeddings=False)),
    "gpt-neox-20b": ("GPTNeoXForCausalLM", "gpt_neox", {}),
    "pythia-70m": ("GPTNeoXForCausalLM", "gpt_neox", dict(vocab_size=50304, hidden_size=512, num_hidden_layers=6,
                   num_attention_heads=8, intermediate_size=2048)),
    "pythia-12b": ("GPTNeoXForCausalLM", "gpt_neox", dict(vocab_size=50688, hidden_size=5120, num_hidden_layers=36,
                   num_attention_heads=40, intermediate_size=20480)),
    "opt-125m": ("OPTForCausalLM", "opt", {}),
    "opt-350m": ("OPTForCausalLM", "opt", dict(hidden_size=1024, num_hidden_layers=24, ffn_dim=4096,
                 num_attention_heads=16, word_embed_proj_dim=512, do_layer_norm_before=False)),
    "opt-175b": ("OPTForCausalLM", "opt", dict(hidden_size=12288, num_hidden_layers=96, ffn_dim=49152,
                 num_attention_heads=96)),
    "deepseek-v2-lite": ("DeepseekV2ForCausalLM", "deepseek_v2", dict(hidden_size=2048, intermediate_size=10944,
                         num_hidden_layers=27, num_attention_heads=16, q_lora_rank=None, first_k_dense_replace=1,
                         moe_intermediate_size=1408, num_experts_per_tok=6)),
    "deepseek-v2": ("DeepseekV2ForCausalLM", "deepseek_v2", dict(hidden_size=5120, intermediate_size=12288,
                    num_hidden_layers=60, num_attention_heads=128, first_k_dense_replace=1, n_routed_experts=160,
                    moe_intermediate_size=1536, num_experts_per_tok=6)),
    "deepseek-v3": ("DeepseekV3ForCausalLM", "deepseek_v3", {}),
    "starcoderbase": ("GPTBigCodeForCausalLM", "gpt_bigcode", dict(vocab_size=49152, n_positions=8192, n_embd=6144,
                      n_layer=40, n_head=48, n_inner=24576, bos_token_id=0, eos_token_id=0)),
    "mpt-7b": ("MptForCausalLM", "mpt", dict(vocab_size=50432, d_model=4096, n_layers=32, n_heads=32)),
    "smollm3-3b": ("SmolLM3ForCausalLM", "smollm3", {}),
    "olmo-2-7b": ("Olmo2ForCausalLM", "olmo2", dict(vocab_size=100352, max_position_embeddings=4096)),
    "starcoder2-3b": ("Starcoder2ForCausalLM", "starcoder2", {}),
    "command-r": ("CohereForCausalLM", "cohere", {}),
    "minimax-m2": ("MiniMaxM2ForCausalLM", "minimax_m2", {}),
    "gpt-oss-20b": ("GptOssForCausalLM", "gpt_oss", dict(num_hidden_layers=24, num_local_experts=32)),
    "gpt-oss-120b": ("GptOssForCausalLM", "gpt_oss", {}),
}


def build(model_class, config, device="cpu"):
    """The model; of a multimodal configuration the text tower alone."""
    with torch.device(device):
        return getattr(transformers, model_class)(getattr(config, "text_config", config)).eval()


def untied_head(family, fields, config):
    """T5's own output matrix, which transformers 5 does not have."""
    if family == "t5" and fields.get("tie_word_embeddings") is False:
        return {"lm_head.weight": [config.vocab_size, config.d_model]}
    return {}


def saved_tensors(model, folder):
    model.save_pretrained(folder)
    with safe_open(Path(folder) / "model.safetensors", "pt") as file:
        return {name: list(file.get_slice(name).get_shape()) for name in file.keys()}


def cache_width(model):
    """Elements of one layer's keys and values for one position."""
    ids = torch.arange(3, 3 + TOKENS)[None]
    inputs = {"input_ids": ids, "use_cache": True}
    if model.config.is_encoder_decoder:
        inputs["decoder_input_ids"] = ids
    with torch.no_grad():
        cache = model(**inputs).past_key_values
    layers = getattr(cache, "self_attention_cache", cache).layers
    widths = {(layer.keys.numel() + layer.values.numel()) // TOKENS for layer in layers}
    assert len(widths) == 1, widths
    return widths.pop()


def make_case(name, model_class, family, fields):
    config = transformers.AutoConfig.for_model(family, **fields)
    model = build(model_class, config)
    case = {"generator": versions(), "config": {"model_type": family, **fields}}
    with tempfile.TemporaryDirectory() as folder:
        tensors = saved_tensors(model, folder)
        config.save_pretrained(folder)
        saved = json.loads((Path(folder) / "config.json").read_text())
    head = untied_head(family, fields, model.config)
    if not head:
        case["saved_config"] = saved
    case["tensors"] = {**tensors, **head}
    is_encoder = model_class in ("BertModel", "RobertaModel", "XLMRobertaModel")
    if not is_encoder and family not in EXPANDED_CACHE and name not in EXPANDED_CACHE_CASES:
        case["cache_width"] = cache_width(model)
    write_json(OUT / f"{name}.json", case)


def count(family, model_class, fields):
    model = build(model_class, transformers.AutoConfig.for_model(family, **fields), "meta")
    model.tie_weights()
    stored = dict(model.named_parameters())
    stored |= {name: buffer for name, buffer in model.named_buffers() if name in model.state_dict()}
    total = sum(tensor.numel() for tensor in stored.values())
    total += sum(rows * columns for rows, columns in untied_head(family, fields, model.config).values())
    facts = {"config": {"model_type": family, **fields}, "parameters": total}
    routed = sum(tensor.numel() for name, tensor in stored.items() if ".experts." in name)
    if routed:
        experts = next(tensor.shape[0] for name, tensor in stored.items() if ".experts." in name)
        facts["active"] = total - routed + routed // experts * model.config.num_experts_per_tok
    return facts


def main():
    torch.manual_seed(0)
    for name, case in CASES.items():
        make_case(name, *case)
    models = {name: count(family, model_class, fields) for name, (model_class, family, fields) in PUBLISHED.items()}
    write_json(OUT / "published.json", {"generator": versions(), "models": models})


if __name__ == "__main__":
    main()
