"""Makes tokenizers/: small tokenizers of the main kinds, and what Hugging Face `tokenizers` (Rust) and the chat
template engine of `transformers` (jinja2) do with awkward input.

Run from the repository root in an environment with `tokenizers` and `transformers`:

    python test/golden/make-tokenizers.py

tokenizers/<kind>/   tokenizer.json and tokenizer_config.json, as a model folder holds them
tokenizers/texts.json   the awkward texts
tokenizers/cases/<kind>.json   per text: ids with and without special tokens, and the text they decode to; also
    random ids (broken UTF-8, lone pieces) and the text they decode to
tokenizers/chat-templates/<name>.jinja, tokenizers/chat-templates.json   templates and renderings of some chats
"""

import json
import math
import random
import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path

import tokenizers
import transformers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers.utils.chat_template_utils import _compile_jinja_template

OUT = Path(__file__).resolve().parent / "tokenizers"
VOCABULARY_SIZE = 560
RANDOM_SEQUENCES = 24
# Characters with a piece of their own where the others are written as bytes.
ALPHABET_SIZE = 90

# The split patterns published with GPT-4-class tokenizers: Llama 3, and Qwen 2 (single digits).
LLAMA_3_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN_2_PATTERN = LLAMA_3_PATTERN.replace(r"\p{N}{1,3}", r"\p{N}")

TRAINING_TEXT = [
    "The quick brown fox jumps over the lazy dog, and the dog doesn't mind; it's used to foxes by now.",
    "She sells 1,234 sea shells for $5.67 each - that's 89% cheaper than in 2019!",
    "def add(first, second):\n    return first + second\n\n\nclass Point:\n        x = 0\n        y = 0\n",
    "    indented    text\twith\ttabs   and     many          spaces\n\n\n\nand line breaks\r\n",
    "Ελληνικά γράμματα, русские буквы, 日本語の文字、 한국어 글자, العربية, עברית, हिन्दी, ไทย.",
    "naïve café, déjà vu, Größe, fußball, smørrebrød, İstanbul, żółć, 你好世界 你好",
    "👍 👍🏽 👩‍🚀 ❤️ 🏳️‍🌈 and other pictures ✨✨✨ © ® ™ ½ ² ٣ Ⅷ",
    "He said: “Don't you'll we've I'm they're she'd” … (and [then] {so} <on>) #tags @names /paths\\here",
    "ΟΔΟΣ οδος ΣΟΦΟΣ σοφος ὁδός; x \x85 y \x85\x85 z \ufeff \ufeff\ufeff a\u00a0\u00a0b ½½ ²² 12½",
] * 3

TEXTS = [
    "",
    " ",
    "  ",
    "a",
    " a",
    "a ",
    "  a  b   c    d     ",
    "Hello world",
    "hello, World! How are you?",
    "The quick brown fox jumps over the lazy dog.",
    "Don't DON'T don’t you'LL we'Ve I'M it'ſ",
    "a . b , c ! d ? n't 'm 's 've 're",
    "\n",
    "\n\n\n",
    "\r\n",
    "a\r\n\r\nb\rc\n",
    "\t",
    "\t\t\ta\t\tb",
    " \n \n ",
    "line one\n  line two\n\tline three\n\n\n    line four",
    "trailing newline\n",
    "\n leading newline",
    "a\x00b",
    "\x00",
    "\x01\x02\x07\x08\x0b\x0c\x0e\x1b[31mred\x1b[0m\x7f",
    "next\x85line\x85\x85 x \x85 y ½½ 12½",
    "no-break\u00a0space\u00a0\u00a0x",
    "\u2000\u2003en and em\u2009thin\u200azero\u200bwidth\u3000wide",
    "line\u2028separator\u2029paragraph",
    "\ufeffbyte order mark\ufeffinside z \ufeff \ufeff\ufeff a",
    "\u180emongolian\u180e separator",
    "soft\u00adhyphen \u200e\u200fmarks\u202a\u202c",
    "café naïve",
    "cafe\u0301 nai\u0308ve",
    "\u1e9b\u0323 \u1e9b\u0323 ﬁ ﬂ Å Å ½ ① Ⅷ ㍿",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞",
    "👍",
    "👍🏽👍🏿",
    "👩‍🚀 👨‍👩‍👧‍👦 🏳️‍🌈",
    "🇬🇷🇯🇵🇧",
    "❤ ❤️ ☺︎ 1️⃣ #️⃣",
    "x👍y👍👍z",
    "日本語の文字",
    "你好世界，你好。",
    "한국어 글자",
    "한글 자모",
    "𠀀𠮷野家 𪜶 𝒳𝓎𝔷",
    "العربية نص مع ٣٤٥ أرقام",
    "עברית שָׁלוֹם",
    "mixed עברית and العربية ‏RTL‎ text",
    "हिन्दी क्षेत्र",
    "ไทยไม่มีช่องว่าง",
    "Ελληνικά ΟΔΥΣΣΕΥΣ ΣΑΣ Σ",
    "Русский ТЕКСТ ёЁ",
    "İstanbul ıI ſ ß ẞ ǅ ŉ",
    "żółć Größe smørrebrød",
    "1234567890",
    "1 12 123 1234 12345",
    "3.14159 -2.5e-10 1,000,000 0x1F 50% $9.99",
    "½ ² ³ ¾ ٣ ३ ৩ Ⅷ 一 ①②③ 𝟘𝟙",
    "1st 2nd 3rd a1b2c3 v2.0.1",
    "!!!???...,,,;;;:::",
    "«guillemets» “quotes” ‘single’ — dash – en … ellipsis",
    "()[]{}<>/\\|`~@#$%^&*_+-=",
    "===== ----- ***** _____ #####",
    "snake_case camelCase PascalCase kebab-case SCREAMING_CASE",
    "def f(x):\n    return x**2  # square\n",
    "if (a && b || !c) { d[e] = f->g; } /* h */",
    '{"key": "value", "list": [1, 2.5, null], "nested": {"a": true}}',
    "<html><body class=\"x\">&nbsp;</body></html>",
    "https://example.org/path?query=1&other=two#fragment user@example.org",
    "▁ ▁▁ lower ▁block▁ characters",
    "Ġ Ċ ġ are letters of byte-level vocabularies",
    "##prefix ##s un##known",
    "<0x41> <0xE2> <unk> </s><s>",
    "<|endoftext|>",
    "before<|endoftext|>after",
    "  <|endoftext|>  <|endoftext|>\n",
    "<|im_start|>user\nHello there<|im_end|>\n<|im_start|>assistant\n",
    "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>",
    "<s> Hello </s> World <s>again</s>",
    "[CLS] hello [SEP] world [MASK] [PAD] [UNK]",
    "<|endoftext|<|endoftext|>|> <|im_st <|im_start",
    "left <strip>  both   sides",
    "$& $1 $$ $` dollar signs \\1 \\n",
    "__proto__ constructor toString hasOwnProperty",
    "replacement \ufffd character \ufffe \uffff",
    "private \ue000\uf8ff \U000f0000 use, unassigned \u0378 \U0001fbff",
    "a" * 5000,
    "abcdefghij" * 500,
    "word " * 60,
    " " * 300 + "x",
    "\n" * 100,
    "é" * 200,
]


def byte_level_tokens():
    return sorted(pre_tokenizers.ByteLevel.alphabet())


def special(*contents, **settings):
    return [AddedToken(content, special=True, normalized=False, **settings) for content in contents]


def train_byte_level(tokenizer, specials):
    """Trained without the split, so that merges cross its borders and every wrong split shows."""
    pre_tokenizer = tokenizer.pre_tokenizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"(?<=\p{L})(?= )"), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        initial_alphabet=byte_level_tokens(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TRAINING_TEXT, trainer)
    tokenizer.pre_tokenizer = pre_tokenizer
    # After the vocabulary, as Llama 3 and Qwen 2 number them.
    tokenizer.add_special_tokens(specials)


def gpt2():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    train_byte_level(tokenizer, special("<|endoftext|>"))
    return tokenizer, {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}


def roberta():
    """Byte-level BPE that puts a space before every piece, with classifier-style special tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    train_byte_level(tokenizer, special("<s>", "</s>") + special("<mask>", lstrip=True))
    tokenizer.post_processor = processors.RobertaProcessing(
        sep=("</s>", tokenizer.token_to_id("</s>")), cls_token=("<s>", tokenizer.token_to_id("<s>"))
    )
    return tokenizer, {"bos_token": "<s>", "eos_token": "</s>"}


def smollm():
    """Single digits split off before the GPT-2 pattern, as in StarCoder and SmolLM."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    train_byte_level(tokenizer, special("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    return tokenizer, {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>"}


def llama3():
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(LLAMA_3_PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    train_byte_level(
        tokenizer,
        special("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
    )
    begin = ("<|begin_of_text|>", tokenizer.token_to_id("<|begin_of_text|>"))
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single=f"{begin[0]} $A", pair=f"{begin[0]} $A {begin[0]}:1 $B:1", special_tokens=[begin]
            ),
        ]
    )
    return tokenizer, {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"}


def qwen2():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN_2_PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    train_byte_level(tokenizer, special("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    tokenizer.add_tokens([AddedToken("<strip>", lstrip=True, rstrip=True, normalized=False), AddedToken("<tool_call>")])
    return tokenizer, {"bos_token": None, "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}


def with_byte_fallback(tokenizer, specials):
    """The trained vocabulary renumbered as SentencePiece does it: special tokens, 256 byte tokens, then pieces."""
    content = json.loads(tokenizer.to_str())
    pieces = sorted(content["model"]["vocab"], key=content["model"]["vocab"].get)
    byte_tokens = [f"<0x{byte:02X}>" for byte in range(256)]
    ordered = specials + byte_tokens + [piece for piece in pieces if piece not in specials]
    content["model"]["vocab"] = {piece: number for number, piece in enumerate(ordered)}
    content["added_tokens"] = []
    renumbered = Tokenizer.from_str(json.dumps(content))
    renumbered.add_special_tokens(special(*specials))
    return renumbered


def train_sentencepiece_style(normalizer, pre_tokenizer, decoder, specials, across_words):
    """`across_words`: pieces may hold a space between letters, as few published vocabularies do."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizer
    word_starts = pre_tokenizers.Split(Regex("(?<=[^▁ ])(?=[▁ ])"), behavior="isolated")
    metaspace = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="never", split=False)
    tokenizer.pre_tokenizer = metaspace if across_words else pre_tokenizers.Sequence([word_starts, metaspace])
    # The trainer's own limit_alphabet breaks ties at random.
    counts = Counter("".join(TRAINING_TEXT))
    alphabet = set(sorted(counts, key=lambda character: (-counts[character], character))[:ALPHABET_SIZE])
    clauses = ["".join(filter(alphabet.__contains__, clause)) for text in TRAINING_TEXT for clause in text.split(",")]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE - 256, special_tokens=specials, show_progress=False
    )
    tokenizer.train_from_iterator(clauses, trainer)
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoder
    return with_byte_fallback(tokenizer, specials)


def llama2_decoder():
    return decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )


def begin_of_sequence(tokenizer, content):
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{content} $A",
        pair=f"{content} $A {content}:1 $B:1",
        special_tokens=[(content, tokenizer.token_to_id(content))],
    )


LLAMA_2_SPECIALS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}


def llama2():
    """Llama 2 and TinyLlama as first converted: the leading space comes from the normalizer."""
    tokenizer = train_sentencepiece_style(
        normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]),
        None,
        llama2_decoder(),
        ["<unk>", "<s>", "</s>"],
        across_words=False,
    )
    begin_of_sequence(tokenizer, "<s>")
    return tokenizer, LLAMA_2_SPECIALS


def llama2_first():
    """Llama 2 and Mistral as converted later: Metaspace puts a space before the first piece only."""
    tokenizer = train_sentencepiece_style(
        None,
        pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False),
        llama2_decoder(),
        ["<unk>", "<s>", "</s>"],
        across_words=True,
    )
    begin_of_sequence(tokenizer, "<s>")
    return tokenizer, LLAMA_2_SPECIALS


def metaspace_split():
    """Metaspace that also splits at spaces, with the Metaspace decoder."""
    tokenizer = train_sentencepiece_style(
        None,
        pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False),
        decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(replacement="▁", prepend_scheme="always")]),
        ["<unk>", "<s>", "</s>"],
        across_words=True,
    )
    # Split now that the vocabulary has pieces that cross spaces, so that it makes a difference.
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    begin_of_sequence(tokenizer, "<s>")
    return tokenizer, LLAMA_2_SPECIALS


def gemma():
    tokenizer = train_sentencepiece_style(
        normalizers.Replace(" ", "▁"),
        pre_tokenizers.Split(" ", behavior="merged_with_previous"),
        decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]),
        ["<pad>", "<eos>", "<bos>", "<unk>"],
        across_words=False,
    )
    begin_of_sequence(tokenizer, "<bos>")
    return tokenizer, {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>"}


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    # All substrings of up to 5 characters, scored by their share. (UnigramTrainer differs from run to run.)
    counts = Counter()
    for text in TRAINING_TEXT:
        for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(tokenizer.normalizer.normalize_str(text)):
            counts.update(word[start:end] for end in range(len(word) + 1) for start in range(max(0, end - 5), end))
    pieces = sorted(counts, key=lambda piece: (-counts[piece], piece))[:VOCABULARY_SIZE]
    total = sum(counts.values())
    specials = ["<pad>", "</s>", "<unk>"]
    vocabulary = [(piece, 0.0) for piece in specials] + [(piece, math.log(counts[piece] / total)) for piece in pieces]
    tokenizer.model = models.Unigram(vocabulary, unk_id=specials.index("<unk>"))
    tokenizer.add_special_tokens(special(*specials))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B:1 </s>:1", special_tokens=[("</s>", tokenizer.token_to_id("</s>"))]
    )
    return tokenizer, {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}


def wordpiece_vocabulary(tokenizer, specials):
    """Every character, alone and as a continuation, then common words and word ends. (WordPieceTrainer numbers its
    alphabet at random.)"""
    words = Counter()
    for text in TRAINING_TEXT:
        normalized = tokenizer.normalizer.normalize_str(text)
        words.update(word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normalized))
    characters = sorted({character for word in words for character in word})
    ends = Counter()
    for word, count in words.items():
        for length in (2, 3):
            if len(word) > length:
                ends["##" + word[-length:]] += count
    common = [piece for pieces in (words, ends) for piece in sorted(pieces, key=lambda p: (-pieces[p], p))[:60]]
    pieces = specials + characters + ["##" + character for character in characters] + common
    return {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}


def wordpiece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##", cleanup=True)
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.model = models.WordPiece(wordpiece_vocabulary(tokenizer, specials), unk_token="[UNK]")
    tokenizer.add_special_tokens(special(*specials))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", tokenizer.token_to_id("[CLS]")), ("[SEP]", tokenizer.token_to_id("[SEP]"))],
    )
    return tokenizer, {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]"}


def word_level_splits():
    """Byte-level BPE behind the word, punctuation and merged splits that some published tokenizers use."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Replace(Regex("\\s{3,}"), " $& "), normalizers.Strip(), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Punctuation(behavior="contiguous"),
            pre_tokenizers.Split(Regex("\\p{Lu}"), behavior="merged_with_next"),
            pre_tokenizers.Split("o", behavior="merged_with_previous"),
            pre_tokenizers.Split(Regex("[0-9]"), behavior="contiguous"),
            pre_tokenizers.Split("-", behavior="removed"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    train_byte_level(tokenizer, special("<|endoftext|>"))
    return tokenizer, {"eos_token": "<|endoftext|>"}


def words():
    """The splits into words, over WordPiece without lower-casing."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.CharDelimiterSplit("e"),
            pre_tokenizers.Whitespace(),
            pre_tokenizers.Punctuation(),
            pre_tokenizers.Digits(individual_digits=False),
        ]
    )
    tokenizer.decoder = decoders.WordPiece(prefix="##", cleanup=False)
    tokenizer.model = models.WordPiece(wordpiece_vocabulary(tokenizer, ["[UNK]"]), unk_token="[UNK]")
    tokenizer.add_special_tokens(special("[UNK]"))
    return tokenizer, {"unk_token": "[UNK]"}


KINDS = {
    "gpt2": gpt2,
    "roberta": roberta,
    "smollm": smollm,
    "llama3": llama3,
    "qwen2": qwen2,
    "llama2": llama2,
    "llama2-first": llama2_first,
    "metaspace-split": metaspace_split,
    "gemma": gemma,
    "unigram": unigram,
    "wordpiece": wordpiece,
    "words": words,
    "splits": word_level_splits,
}


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def write_lines(path, head, name, rows):
    """JSON with one row per line, for readable diffs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    opening = json.dumps(head, ensure_ascii=False)[:-1]
    path.write_text(f"{opening}{', ' if head else ''}{json.dumps(name)}: [\n{lines}\n]}}\n")


def decoded(tokenizer, ids, text=None):
    """What the ids decode to; left out: `decoded` equal to the text, `decodedSkipping` equal to `decoded`."""
    full = tokenizer.decode(ids, skip_special_tokens=False)
    skipping = tokenizer.decode(ids, skip_special_tokens=True)
    return {
        **({} if full == text else {"decoded": full}),
        **({} if skipping == full else {"decodedSkipping": skipping}),
    }


def text_case(tokenizer, text):
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    with_special = tokenizer.encode(text).ids
    around = len(with_special) - len(ids)
    before = next(count for count in range(around + 1) if with_special[count : count + len(ids)] == ids)
    before, after = with_special[:before], with_special[before + len(ids) :]
    return {"ids": ids, "before": before, "after": after, **decoded(tokenizer, ids, text)}


def random_case(tokenizer, source):
    ids = source.choices(range(tokenizer.get_vocab_size()), k=source.randint(1, 30))
    return {"ids": ids, **decoded(tokenizer, ids)}


def make_tokenizers():
    write_lines(OUT / "texts.json", {"tokenizers": tokenizers.__version__}, "texts", TEXTS)
    for kind, build in KINDS.items():
        tokenizer, config = build()
        write(OUT / kind / "tokenizer.json", json.loads(tokenizer.to_str()))
        write(OUT / kind / "tokenizer_config.json", {**config, "clean_up_tokenization_spaces": True})
        source = random.Random(7)
        rows = [text_case(tokenizer, text) for text in TEXTS]
        rows += [random_case(tokenizer, source) for _ in range(RANDOM_SEQUENCES)]
        write_lines(OUT / "cases" / f"{kind}.json", {"vocabularySize": tokenizer.get_vocab_size()}, "rows", rows)


# Templates in the styles that published chat models use, written for this test.
CHAT_TEMPLATES = {
    "chatml": """\
{%- if messages[0]['role'] != 'system' %}
    {{- '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
""",
    "llama3": """\
{{- bos_token }}
{%- if strftime_now is defined %}
    {%- set today = strftime_now("%d %b %Y") %}
{%- else %}
    {%- set today = "26 Jul 2024" %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{{- "Today Date: " + today + "\\n\\n" + system_message + "<|eot_id|>" }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
""",
    "mistral": """\
{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if (message["role"] == "user") != (loop.index0 % 2 == 0) %}
        {{- raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}
    {%- endif %}
    {%- if message["role"] == "user" %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + " [/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + " [/INST]" }}
        {%- endif %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"] | trim + eos_token }}
    {%- else %}
        {{- raise_exception("Only user and assistant roles are supported, got " + message.role) }}
    {%- endif %}
{%- endfor %}
""",
    "zephyr": """\
{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|user|>\\n' + message['content'] + eos_token }}
{% elif message['role'] == 'system' %}
{{ '<|system|>\\n' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>\\n'  + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}
""",
    "features": """\
{#- A comment, a macro, a namespace, filters, tests and loop controls. -#}
{%- macro turn(role, content='', closed=true) -%}
    [{{ role | upper }}]{{ content }}{% if closed %}[/]{% endif %}
{%- endmacro -%}
{%- set state = namespace(users=0, last=none) -%}
{%- for message in messages if message.role != 'tool' -%}
    {%- if message.content is not string or message.content | length == 0 -%}
        {%- continue -%}
    {%- endif -%}
    {%- if message.role == 'user' -%}
        {%- set state.users = state.users + 1 -%}
    {%- endif -%}
    {%- set state.last = message -%}
    {{- loop.index ~ ':' ~ turn(message.role, message.content.strip().split('\\n')[0]) -}}
    {%- if not loop.last %}, {% endif -%}
{%- endfor -%}
<{{ state.users }}|{{ state.last | tojson }}|{{ messages | map(attribute='role') | join('+') }}|{{ 'open' if messages[-1]['role'] in ['user', 'tool'] else 'closed' }}>
{%- generation -%}{{ 'x' if add_generation_prompt else 'y' }}{%- endgeneration -%}
""",
}

CHATS = {
    "one question": [{"role": "user", "content": "What is 2 + 2?"}],
    "answered": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello! How can I help?"}],
    "system": [
        {"role": "system", "content": "  Answer briefly.\n"},
        {"role": "user", "content": "Capital of France?"},
        {"role": "assistant", "content": "Paris."},
        {"role": "user", "content": "And of Ελλάδα 🇬🇷?"},
    ],
    "white space": [
        {"role": "user", "content": "\n  line one\n\tline two  \n\n"},
        {"role": "assistant", "content": "  \n spaced \n "},
        {"role": "user", "content": ""},
    ],
    "markup": [
        {"role": "user", "content": "{{ not a template }} {% if %} <|im_end|> </s> & < > \" ' \\n"},
        {"role": "assistant", "content": "{# nor this #}"},
    ],
    "answer first": [{"role": "assistant", "content": "Hello?"}, {"role": "user", "content": "Hi."}],
    "tool role": [{"role": "user", "content": "Use it."}, {"role": "tool", "content": "42"}],
}

NOW = datetime(2026, 3, 9, 8, 5)


def make_chat_templates():
    cases = []
    for name, template in CHAT_TEMPLATES.items():
        (OUT / "chat-templates").mkdir(parents=True, exist_ok=True)
        (OUT / "chat-templates" / f"{name}.jinja").write_text(template)
        compiled = _compile_jinja_template(template)
        for chat, messages in CHATS.items():
            for add_generation_prompt in (False, True):
                case = {"template": name, "chat": chat, "addGenerationPrompt": add_generation_prompt}
                try:
                    case["rendered"] = compiled.render(
                        messages=messages,
                        add_generation_prompt=add_generation_prompt,
                        bos_token="<s>",
                        eos_token="</s>",
                        strftime_now=NOW.strftime,
                    )
                except Exception as error:
                    case["error"] = str(error)
                cases.append(case)
    head = {"transformers": transformers.__version__, "now": NOW.isoformat(), "chats": CHATS}
    write_lines(OUT / "chat-templates.json", head, "cases", cases)


shutil.rmtree(OUT, ignore_errors=True)
make_tokenizers()
make_chat_templates()
