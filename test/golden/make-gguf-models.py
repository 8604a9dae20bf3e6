"""Tiny random models of every family, and what llama.cpp's own converters make of them as GGUF: metadata value by value,
tensors by their SHA-256. One of them has a SentencePiece tokenizer; the ids that the sentencepiece library gives for odd
texts are kept beside it. A LoRA adapter too.

Run: python test/golden/make-gguf-models.py LLAMA_CPP
     (torch, transformers, tokenizers, sentencepiece, protobuf, safetensors; LLAMA_CPP is a checkout of
     https://github.com/ggml-org/llama.cpp; writes gguf-models/<case>/)

The converter knows pre-tokenizers by a hash of what the published vocabularies make of a text. Those trained here have
other vocabularies: it is told the name of the way they cut texts instead.
"""

import hashlib
import json
import logging
import shutil
import subprocess
import sys
from pathlib import Path

LLAMA_CPP = Path(sys.argv[1]).resolve()
sys.path[:0] = [str(LLAMA_CPP), str(LLAMA_CPP / "gguf-py")]

import gguf
import numpy
import sentencepiece
import torch
import transformers
from conversion import get_model_class
from conversion.base import ModelBase, TextModel
from golden_files import HERE as GOLDEN
from golden_files import write_json
from safetensors.torch import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    GPT2Config,
    LlamaConfig,
    MistralConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen3Config,
)

HERE = GOLDEN / "gguf-models"
VOCABULARY = 320
# More rows than tokens, as published models have them.
ROWS = 328
TEXT = [
    "The quick brown fox jumps over the lazy dog, and the other foxes were there to see it.",
    "def add(left, right):\n    return left + right  # the sum of both\n",
    "It's what they'll say: we've been there, and I'd rather not. 12345 + 67890 = 80235",
    "Grüße aus Köln! Ça va? Всё хорошо. 日本語のテキスト。",
] * 4
ODD_TEXTS = [
    "Hello world",
    " leading and trailing ",
    "two  spaces, a\ttab and\n\n\ntwo empty lines\r\n",
    "I'LL see you're THERE, we'Ve 1234567 left... #!?",
    "naïve café — Grüße, Ελληνικά, Привет",
    "日本語のテキスト 한국어 العربية",
    "🦙🏽 👩‍👩‍👧 ❤️",
    "if (a[i] != b) { return `${x}`; } // done",
    "<|end|>between<|end|>",
    "",
]
QWEN_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
LLAMA_3_SPLIT = QWEN_SPLIT.replace(r"\p{N}| ?", r"\p{N}{1,3}| ?")
CHAT_TEMPLATE = "{% for message in messages %}{{ message['content'] + eos_token }}{% endfor %}"


def byte_level(split, bos=False, ignore_merges=False):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    tokenizer.pre_tokenizer = (
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
        if split is None
        else pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(split), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<|begin|>", "<|end|>", "<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXT, trainer)
    if bos:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<|begin|> $A", pair="<|begin|> $A <|begin|>:1 $B:1", special_tokens=[("<|begin|>", 0)]
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|begin|>",
        eos_token="<|end|>",
        chat_template=CHAT_TEMPLATE,
    )


def pieces(folder):
    """A SentencePiece vocabulary, as its own file and as tokenizer.json."""
    (folder / "text.txt").write_text("\n".join(TEXT))
    sentencepiece.SentencePieceTrainer.Train(
        input=str(folder / "text.txt"),
        model_prefix=str(folder / "tokenizer"),
        model_type="bpe",
        vocab_size=400,
        byte_fallback=True,
        character_coverage=0.98,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        add_dummy_prefix=True,
        split_digits=True,
        minloglevel=2,
    )
    (folder / "text.txt").unlink()
    (folder / "tokenizer.vocab").unlink()
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    vocabulary = {processor.IdToPiece(index): index for index in range(len(processor))}
    merges = []
    for piece, index in vocabulary.items():
        if processor.IsByte(index) or processor.IsControl(index) or processor.IsUnknown(index):
            continue
        parts = [(piece[:cut], piece[cut:]) for cut in range(1, len(piece))]
        known = [pair for pair in parts if pair[0] in vocabulary and pair[1] in vocabulary]
        merges += sorted(
            [(processor.GetScore(index), pair) for pair in known],
            key=lambda merge: (vocabulary[merge[1][0]], vocabulary[merge[1][1]]),
        )
    merges.sort(key=lambda merge: -merge[0])
    special = [
        {"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for i, t in enumerate(["<unk>", "<s>", "</s>"])
    ]
    json_form = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special,
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Prepend", "prepend": "▁"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
            ],
        },
        "pre_tokenizer": None,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [
                {"SpecialToken": {"id": "<s>", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "<s>", "type_id": 1}},
                {"Sequence": {"id": "B", "type_id": 1}},
            ],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}},
        },
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0},
            ],
        },
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": "<unk>",
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": vocabulary,
            "merges": [list(pair) for _, pair in merges],
        },
    }
    write_json(folder / "tokenizer.json", json_form)
    config = {
        "tokenizer_class": "LlamaTokenizer",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "add_bos_token": True,
        "add_eos_token": False,
        "chat_template": CHAT_TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2))
    write_json(
        folder / "pieces.json",
        {
            "made by": f"sentencepiece {sentencepiece.__version__}",
            "texts": [text for text in ODD_TEXTS if "<|" not in text],
            "ids": [processor.EncodeAsIds(text) for text in ODD_TEXTS if "<|" not in text],
        },
    )
    return len(processor)


SMALL = dict(num_hidden_layers=2, max_position_embeddings=128, bos_token_id=0, eos_token_id=1)
LLAMA = dict(
    **SMALL, hidden_size=32, intermediate_size=64, num_attention_heads=4, num_key_value_heads=2, vocab_size=ROWS
)
LLAMA_3_ROPE = dict(
    rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64
)
CASES = {
    "gpt2": (
        GPT2Config(
            n_embd=32, n_head=4, n_layer=2, n_positions=128, n_ctx=128, vocab_size=ROWS, bos_token_id=0, eos_token_id=1
        ),
        "gpt-2",
        lambda: byte_level(None),
    ),
    "llama": (
        LlamaConfig(**LLAMA, head_dim=32, rope_theta=10000.0, rope_scaling=LLAMA_3_ROPE),
        "llama-bpe",
        lambda: byte_level(LLAMA_3_SPLIT, bos=True, ignore_merges=True),
    ),
    "llama-tied": (
        LlamaConfig(**LLAMA, tie_word_embeddings=True, head_dim=16, rope_scaling=dict(rope_type="linear", factor=2.0)),
        "qwen2",
        lambda: byte_level(QWEN_SPLIT),
    ),
    "mistral": (
        MistralConfig(**{**LLAMA, "bos_token_id": 1, "eos_token_id": 2, "vocab_size": 400}, sliding_window=64),
        "default",
        None,
    ),
    "qwen2": (
        Qwen2Config(
            **LLAMA,
            rope_scaling=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=32),
        ),
        "qwen2",
        lambda: byte_level(QWEN_SPLIT),
    ),
    "qwen3": (
        Qwen3Config(**LLAMA, head_dim=16, tie_word_embeddings=True),
        "qwen2",
        lambda: byte_level(QWEN_SPLIT),
    ),
}
OUT_TYPES = {"F32": gguf.LlamaFileType.ALL_F32, "F16": gguf.LlamaFileType.MOSTLY_F16}


def read_file(path):
    reader = gguf.GGUFReader(path)
    metadata = {}
    for key, field in reader.fields.items():
        if key.startswith("GGUF."):
            continue
        kinds = [kind.name for kind in field.types]
        metadata[key] = {"types": kinds, "value": field.contents()}
    tensors = {
        tensor.name: {
            "type": tensor.tensor_type.name,
            "shape": [int(size) for size in tensor.shape],
            "sha256": hashlib.sha256(numpy.ascontiguousarray(tensor.data).tobytes()).hexdigest(),
        }
        for tensor in reader.tensors
    }
    if "rope_freqs.weight" in tensors:
        (found,) = [tensor for tensor in reader.tensors if tensor.name == "rope_freqs.weight"]
        tensors["rope_freqs.weight"]["values"] = [float(value) for value in found.data]
    return {"metadata": metadata, "tensors": tensors}


def convert(folder, pre, out, kind):
    hparams = ModelBase.load_hparams(folder, False)
    model_class = get_model_class(hparams["architectures"][0])
    TextModel.get_vocab_base_pre = lambda self, tokenizer: pre
    with torch.inference_mode():
        model_class(folder, OUT_TYPES[kind], out).write()
    return read_file(out)


logging.disable(logging.INFO)
for index, (name, (config, pre, make_tokenizer)) in enumerate(CASES.items()):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    torch.manual_seed(index)
    model = transformers.AutoModelForCausalLM.from_config(config)
    for parameter in model.parameters():
        # Random norms and biases too: those of a new model are all one or zero.
        torch.nn.init.normal_(parameter, mean=parameter.detach().mean().item(), std=0.1)
    model.half().save_pretrained(folder)
    (folder / "generation_config.json").write_text(
        json.dumps({"temperature": 0.7, "top_p": 0.9, "top_k": 40, "repetition_penalty": 1.1}, indent=2)
    )
    if make_tokenizer is None:
        pieces(folder)
    else:
        tokenizer = make_tokenizer()
        tokenizer.save_pretrained(folder)
        write_json(
            folder / "ids.json",
            {
                "texts": ODD_TEXTS,
                "ids": [tokenizer(text)["input_ids"] for text in ODD_TEXTS],
            },
        )
    expected = {"made by": f"llama.cpp {gguf.__name__} converters, transformers {transformers.__version__}"}
    for kind in OUT_TYPES:
        out = folder / "converted.gguf"
        expected[kind] = convert(folder, pre, out, kind)
        out.unlink()
    write_json(folder / "expected.json", expected)
    (folder / "tokenizer.model").unlink(missing_ok=True)

# A LoRA adapter of the LLaMA with the usual converter for adapters.
folder = HERE / "llama-lora"
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir(parents=True)
torch.manual_seed(99)
rank, width = 4, {"q_proj": 128, "k_proj": 64, "down_proj": 32}
inputs = {"q_proj": 32, "k_proj": 32, "down_proj": 64}
state = {}
for layer in range(2):
    for target, outputs in width.items():
        block = "mlp" if target == "down_proj" else "self_attn"
        module = f"base_model.model.model.layers.{layer}.{block}.{target}"
        state[f"{module}.lora_A.weight"] = torch.randn(rank, inputs[target])
        state[f"{module}.lora_B.weight"] = torch.randn(outputs, rank)
save_file(state, folder / "adapter_model.safetensors")
(folder / "adapter_config.json").write_text(
    json.dumps(
        {
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": "../llama",
            "r": rank,
            "lora_alpha": 8,
            "target_modules": sorted(width),
        },
        indent=2,
    )
)
out = folder / "converted.gguf"
subprocess.run(
    [
        sys.executable,
        LLAMA_CPP / "convert_lora_to_gguf.py",
        "--base",
        HERE / "llama",
        "--outtype",
        "f32",
        "--outfile",
        out,
        folder,
    ],
    check=True,
    stderr=subprocess.DEVNULL,
)
write_json(folder / "expected.json", read_file(out))
out.unlink()
