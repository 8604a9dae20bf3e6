"""Makes metrics.json: what the packages that the field quotes compute for texts, labels, tags and tests of significance.

    python -m pip install rouge_score sacrebleu nltk jiwer seqeval scikit-learn scipy statsmodels jsonschema "transformers<5"
    python make-metrics.py [--out DIR]

`cases` lists rows with the values of each metric that is to meet them, under the names that src/core/metrics gives them;
a text may be written as {"repeat": part, "times": n}. `bleu` has BLEU with other tokenizers, `tokens` what these make of
a text, `signatures` what sacreBLEU prints, `stems` pairs of words and stems, `windows` the sliding windows of the
perplexity recipe of transformers, `schemas` JSON Schemas with values that meet them or not, `statistics` the functions of
src/core/statistics by name with input and result.
"""

import argparse
import itertools
import json
import math
import statistics
import warnings
from importlib.metadata import version
from pathlib import Path

import jiwer
import jsonschema
import numpy
import scipy.stats
import seqeval.metrics
from nltk.stem.porter import PorterStemmer
from nltk.translate.meteor_score import meteor_score
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU, CHRF
from seqeval.scheme import IOB2
from sklearn import metrics as sklearn_metrics
from sklearn.metrics.pairwise import cosine_similarity
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint, proportion_effectsize
from transformers.data.metrics.squad_metrics import compute_exact, compute_f1

HERE = Path(__file__).parent
PACKAGES = (
    "rouge_score sacrebleu nltk jiwer seqeval scikit-learn scipy statsmodels jsonschema transformers numpy".split()
)
TOKENIZERS = ("13a", "intl", "char", "none")


class Repeat(dict):
    """A long text, written short."""

    def __init__(self, part, times):
        super().__init__({"repeat": part, "times": times})


def expand(text):
    return text["repeat"] * text["times"] if isinstance(text, Repeat) else text


# Name and rows of (prediction, reference, ...).
TEXTS = {
    "equal": [("The quick brown fox jumps over the lazy dog.", "The quick brown fox jumps over the lazy dog.")],
    "one word changed": [("The quick brown fox jumped over the lazy dog.", "The quick brown fox jumps over the lazy dog.")],
    "nothing shared": [("alpha beta gamma delta", "one two three four five")],
    "empty prediction": [("", "something was wanted here")],
    "empty reference": [("something was said here", "")],
    "both empty": [("", "")],
    "white space alone": [("  \t\n ", "words"), ("words", " \n")],
    "one character": [("a", "a"), ("a", "b")],
    "punctuation alone": [("?!...", "?!"), ("---", "words after all")],
    "repeated word": [("the the the the the the the", "the cat is on the mat")],
    "repeated phrase": [("I do not know I do not know I do not know", "I do not know what you mean")],
    "order turned": [("on the mat sat the cat", "the cat sat on the mat")],
    "word order and morphology": [
        ("dogs running quickly jumped happily", "a dog runs quick and jumps happy"),
        ("the studies were generalizations", "this study generalizes relational theories"),
    ],
    "several references": [
        ("It is a guide to action which ensures that the military always obeys the commands of the party",
         "It is a guide to action that ensures that the military will forever heed Party commands",
         "It is the guiding principle which guarantees the military forces always being under the command of the Party",
         "It is the practical guide for the army always to heed the directions of the party"),
        ("It is to insure the troops forever hearing the activity guidebook that party direct",
         "It is a guide to action that ensures that the military will forever heed Party commands",
         "It is the guiding principle which guarantees the military forces always being under the command of the Party",
         "It is the practical guide for the army always to heed the directions of the party"),
    ],
    "references of differing number": [
        ("hello there general", "hello there general Kenobi"),
        ("the answer is 42", "42", "the answer is forty-two", "it is 42"),
        ("no", "yes", "no"),
    ],
    "references of equal distance": [("one two three four", "one two three", "one two three four five")],
    "numbers and dashes": [
        ("It cost $1,234.56 on 2024-05-01, i.e. 3.5% more.", "It cost $1234.56 on 2024/05/01, i.e. 3,5 % more."),
        ("A well-known 5-year plan", "a well known 5 - year plan"),
    ],
    "entities and skipped": [("a &lt; b &amp;&amp; c &quot;d&quot; <skipped> e", 'a < b && c "d" e')],
    "hyphenated lines": [("the inter-\nnational com-\nmittee met", "the international committee met")],
    "sentences on lines": [
        ("The cat sat.\nThe dog ran away.\nNobody saw it.", "Nobody saw the cat.\nThe dog sat and ran."),
        ("w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5\n\n", "w1 w2 w3 w4 w5"),
        ("one line only with cats and dogs", "cats\nand dogs\n\nin many lines"),
    ],
    "carriage returns": [("first line\r\nsecond line", "first line\nsecond line")],
    "accents": [("Müller aß café-crème über Ärger", "Muller ass cafe creme uber Aerger"), ("naïve résumé", "naïve résumé")],
    "accents composed and not": [("cafe\u0301 a\u0301 the", "caf\u00e9 \u00e1 the")],
    "Chinese": [("猫坐在垫子上。", "这只猫坐在垫子上。"), ("你好，世界！", "你好，世界！")],
    "Japanese and Korean": [("猫がマットに座った", "猫はマットの上に座った"), ("고양이가 앉았다", "고양이가 앉아 있었다")],
    "Arabic and Hebrew": [("جلست القطة على السجادة", "القطة جلست على السجادة"), ("החתול ישב", "החתול ישב על השטיח")],
    "Hindi and Thai": [("बिल्ली चटाई पर बैठी", "बिल्ली चटाई पर बैठ गई"), ("แมวนั่งบนเสื่อ", "แมวนั่งอยู่บนเสื่อ")],
    "emoji": [("great 😀😀 👩‍👩‍👧 work", "great 😀 👩‍👩‍👧‍👦 work"), ("🚀", "🚀🚀")],
    "odd spaces": [("no\u00a0break\u2003space\u3000here\x1fand\x85there", "no break space here and there"),
                   ("bom\ufeffinside a\u200bb", "bom inside a b")],
    "double spaces and tabs": [("two  spaces   and\ta tab", "two spaces and a tab"), ("\tlead and trail \n", "lead and trail")],
    "case": [("HELLO World", "hello world"), ("İstanbul STRASSE ΣΑΣ", "istanbul straße σας")],
    "articles": [("The an a answer", "answer"), ("a", "the"), ("theatre and an anthem", "the theatre, an anthem"), ("á la carte", "la carte")],
    "quotes and apostrophes": [("don't say \"it's\" (ever)", "do not say 'it is' [ever]"), ("“curly” ‘quotes’ – dash…", '"curly" \'quotes\' - dash...')],
    "symbols": [("5 € + 3 £ = ½ × 16 °C ™", "5€ + 3£ = 1/2 x 16°C"), ("a_b@c.org #tag ~home", "a b at c org tag home")],
    "code": [("def f(x):\n    return x**2  # square", "def f(x): return x * x"), ("if (a<b) { c[0] = d; }", "if (a < b) {\n  c[0] = d;\n}")],
    "answer with a final stop": [("Denver Broncos.", "the Denver Broncos", "Broncos"), ("about 3.5 million", "3.5 million")],
    "a short and a long row": [("yes", "yes"), ("the committee decided to postpone the vote until the spring session", "the committee postponed the vote until spring")],
    "ties among references": [("one two three four", "one two", "three four")],
    "many mediocre rows": [
        (f"row {n} says that item {n * 7 % 5} is {'good' if n % 3 else 'bad'}", f"row {n} claims item {n * 3 % 5} to be {'good' if n % 2 else 'bad'}")
        for n in range(12)
    ],
    "very long": [(Repeat("the cat sat on the mat and looked at the dog ", 120), Repeat("a dog sat near the mat and looked at the cat ", 110))],
    "very long word": [(Repeat("yes", 3000), Repeat("yes", 2999)), (Repeat("y", 4000), "y")],
    "very many lines": [(Repeat("one two three\n", 60), Repeat("three two one four\n", 40))],
}

LABELS = {
    "three classes": (list("aaabbcabc"), list("aabbccaac")),
    "always right": (list("abcab"), list("abcab")),
    "always wrong": (list("bcabc"), list("abcab")),
    "one class": (list("aaaa"), list("aaaa")),
    "one class predicted": (list("aaaaaa"), list("aaabbc")),
    "one class true": (list("aabbc"), list("aaaaa")),
    "class never true": (list("abxabx"), list("ababab")),
    "single row right": (["yes"], ["yes"]),
    "single row wrong": (["no"], ["yes"]),
    "imbalanced": (["common"] * 95 + ["rare"] * 5, ["common"] * 92 + ["rare"] * 8),
    "odd names": (["", " ", "é", "😀", "", "constructor"], ["", "é", "é", "😀", " ", "__proto__"]),
    "many classes": ([f"c{n * n % 17}" for n in range(150)], [f"c{n * 5 % 17}" for n in range(150)]),
    "two classes": ([str(n % 2) for n in range(30)], [str(n // 3 % 2) for n in range(30)]),
}

# Name and rows of (prediction, reference); the second value says whether strict IOB2 can read them.
TAGS = {
    "the documentation's example": ([
        ("O O B-MISC I-MISC I-MISC I-MISC O", "O O O B-MISC I-MISC I-MISC O"), ("B-PER I-PER O", "B-PER I-PER O")], True),
    "all right": ([("B-PER I-PER O B-LOC", "B-PER I-PER O B-LOC")], True),
    "nothing there": ([("O O O", "O O O")], True),
    "nothing found": ([("O O O", "B-PER I-PER O")], True),
    "found where nothing is": ([("B-PER I-PER O", "O O O")], True),
    "inside without beginning": ([("I-PER I-PER O I-LOC", "B-PER I-PER O B-LOC")], True),
    "type changes inside": ([("B-PER I-LOC I-LOC", "B-PER I-PER I-PER"), ("B-PER I-PER I-LOC B-LOC", "B-PER I-PER B-LOC I-LOC")], True),
    "neighbours": ([("B-PER B-PER I-PER", "B-PER I-PER B-PER"), ("B-LOC B-LOC", "B-LOC B-LOC")], True),
    "wrong type": ([("B-ORG I-ORG O B-PER", "B-LOC I-LOC O B-PER")], True),
    "types with hyphens": ([("B-geo-loc I-geo-loc O", "B-geo-loc I-geo-loc O"), ("B-geo-org O O", "B-geo-loc O O")], True),
    "bare tags": ([("B I O B", "B I I O")], True),
    "IOBES": ([("S-PER O B-LOC I-LOC E-LOC S-ORG", "S-PER O B-LOC E-LOC S-LOC S-ORG"), ("E-PER E-PER I-PER", "B-PER E-PER S-PER")], False),
    "IOB1": ([("I-PER I-PER B-PER I-PER O", "I-PER I-PER B-PER O O")], True),
    "an empty row": ([("", ""), ("B-PER", "B-PER")], True),
    "long": ([("B-PER I-PER O B-LOC O O " * 40, "B-PER I-PER O O B-LOC O " * 40)], True),
}

PROBABILITIES = {
    "sure and right": [("a", "a", 1.0)] * 3,
    "sure and wrong": [("a", "b", 1.0)] * 3,
    "on the borders of bins": [("a", "ab"[n % 2], n / 15) for n in range(16)],
    "spread": [("a", "a" if n * n % 7 > n % 5 else "b", 0.5 + n * 37 % 50 / 100) for n in range(60)],
    "one row": [("a", "b", 0.7)],
    "no confidence": [("a", "a", 0.0), ("a", "b", 0.0)],
}

SAMPLES = {
    "one try each": [(1, 1), (1, 0), (1, 1)],
    "ten tries": [(10, 0), (10, 1), (10, 5), (10, 10)],
    "two hundred tries": [(200, 0), (200, 1), (200, 13), (200, 150), (200, 200)],
    "differing tries": [(7, 3), (20, 2), (100, 99)],
}

EMBEDDINGS = {
    "equal": [([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])],
    "opposite and orthogonal": [([1.0, -2.0], [-2.0, 4.0]), ([1.0, 0.0], [0.0, 1.0])],
    "zeros": [([0.0, 0.0], [1.0, 1.0]), ([0.0, 0.0], [0.0, 0.0])],
    "tiny and huge": [([1e-8, 3e-8], [2e8, 1e8])],
    "many numbers": [([math.sin(n) for n in range(40)], [math.cos(n / 3) for n in range(40)])],
}

LIKELIHOODS = {
    "one text": [(-12.5, 10, 40, 8)],
    "texts of differing length": [(-3.0, 1, 5, 1), (-250.25, 120, 480, 96), (-0.5, 2, 3, 1)],
    "certain": [(0.0, 5, 20, 4)],
    "hopeless": [(-700.0, 50, 10, 20), (-1234.5, 77, 300, 60)],
}

JSON_TEXTS = ['{}', '[]', 'null', '0', '-0.5e+10', '"a\\u00e9\\ud83d\\ude00"', ' {"a" : [1, {"b": null}]} \n', '', ' ', '{', '{"a": 1,}',
              "{'a': 1}", '[1 2]', '01', '+1', '.5', '1.', 'NaN', 'Infinity', 'True', '"a\nb"', '{"a": 1} {"b": 2}', '```json\n{}\n```',
              '{"a": 1, "a": 2}', '[[[[[[[[[[]]]]]]]]]]', '// no\n{}', '"\\x41"', '{"😀": "é"}']

# A schema, and JSON values of which some meet it.
SCHEMAS = [
    (True, [1, None]),
    (False, [1, None]),
    ({}, [1, {}]),
    ({"type": "integer"}, [1, 1.0, 1.5, "1", True, None]),
    ({"type": ["string", "null"]}, ["x", None, 0, []]),
    ({"type": "number", "minimum": 0, "exclusiveMaximum": 1}, [0, 0.5, 1, -0.1, "0"]),
    ({"multipleOf": 0.5}, [1.5, 1.25, "x"]),
    ({"minLength": 2, "maxLength": 3}, ["a", "ab", "😀😀😀", "abcd", 5]),
    ({"pattern": "^[a-z]+$"}, ["abc", "aBc", "", 7]),
    ({"enum": [1, "a", None, {"x": [1, 2], "y": 0}]}, [1, "a", None, {"y": 0, "x": [1, 2]}, {"x": [2, 1], "y": 0}, True, 2]),
    ({"const": [1, {"a": False}]}, [[1, {"a": False}], [1, {"a": 0}], [1]]),
    ({"properties": {"a": {"type": "string"}}}, [{}, {"a": "x"}, {"a": 1}, {"b": 1}, 5, []]),
    ({"required": ["a", "b"]}, [{"a": 1, "b": None}, {"a": 1}, "a", []]),
    ({"properties": {"a": {}}, "additionalProperties": False}, [{}, {"a": 1}, {"a": 1, "b": 1}]),
    ({"patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": {"type": "string"}}, [{"x1": 1}, {"x1": "a"}, {"y": "a"}, {"y": 1}]),
    ({"propertyNames": {"maxLength": 2}, "minProperties": 1, "maxProperties": 2}, [{}, {"ab": 1}, {"abc": 1}, {"a": 1, "b": 2, "c": 3}]),
    ({"dependentRequired": {"a": ["b"]}}, [{}, {"a": 1}, {"a": 1, "b": 1}, {"b": 1}]),
    ({"dependentSchemas": {"a": {"required": ["c"]}}}, [{"a": 1}, {"a": 1, "c": 1}, {"b": 1}]),
    ({"items": {"type": "integer"}, "minItems": 1, "maxItems": 2}, [[], [1], [1, 2], [1, 2, 3], ["a"], "ab"]),
    ({"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False}, [["a", 1], ["a"], [1], ["a", 1, 2], []]),
    ({"uniqueItems": True}, [[1, 2], [1, 1], [{"a": 1, "b": 2}, {"b": 2, "a": 1}], [1, True], [1, 1.0], "aa"]),
    ({"contains": {"type": "string"}}, [["a"], [1], []]),
    ({"contains": {"const": 1}, "minContains": 2, "maxContains": 3}, [[1], [1, 1], [1, 1, 1, 1], [2, 1, 1]]),
    ({"contains": {"const": 1}, "minContains": 0}, [[], [2]]),
    ({"allOf": [{"type": "integer"}, {"minimum": 3}]}, [3, 2, "a"]),
    ({"anyOf": [{"type": "string"}, {"minimum": 3}]}, ["a", 3, 2]),
    ({"oneOf": [{"type": "integer"}, {"minimum": 3}]}, [1, 3.5, 3, 2.5]),
    ({"not": {"type": "string"}}, ["a", 1]),
    ({"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"minimum": 0}}, ["a", "ab", -1, 1]),
    ({"if": {"type": "string"}}, ["a", 1]),
    ({"$defs": {"n": {"type": "integer"}, "a/b": {"const": 0}}, "properties": {"x": {"$ref": "#/$defs/n"}, "y": {"$ref": "#/$defs/a~1b"}}},
     [{"x": 1}, {"x": "1"}, {"y": 0}, {"y": 1}]),
    ({"type": "object", "properties": {"next": {"$ref": "#"}, "value": {"type": "integer"}}, "required": ["value"]},
     [{"value": 1}, {"value": 1, "next": {"value": 2}}, {"value": 1, "next": {}}]),
    ({"type": "string", "format": "email", "title": "A", "default": 3}, ["no mail", 3]),
]

STEMS = "connect relate nation hope care agree plaster conflate trouble size hop tan fall hiss fizz fail file happy enjoy sky die lie cat pony caress feed bleed sing motor vile digit radical different analogous operate feudal decisive callous formal sensitive triplicate electric good revive allow infer airline gyroscope adjust defend irritate replace depend adopt homolog commune activate angular effect bowdler probate rate cease control roll geo archaeo theo y by say cry spy study oat ivy private oaten orrery".split()
SUFFIXES = " s es ed ing er ers ly y ies ied ational tional enci anci izer bli alli ally fulli entli eli ousli ization ation ator alism iveness fulness ousness aliti iviti biliti logi icate ative alize iciti ical ful ness al ance ence ic able ible ant ement ment ent ion sion tion ou ism ate iti ous ive ize eed ll lls e".split(" ")
WHOLE_WORDS = "skies sky dying lying tying news innings inning outings outing cannings canning howe proceed exceed succeed a is at ab oed ing ed s ss sses ies ied dies died ties tied flies spied fly yyyy yyy eee bbb syzygy toy 1990s 3rd x1 abc123ing 42 café naïvely straße Äpfel RUNNING Generalizations oscillators".split()


class NoSynonyms:
    """A dictionary that knows no word."""

    def synsets(self, word):
        return []


def mean(values):
    return math.fsum(values) / len(values)


def word_errors(prediction, references):
    """Errors and words of the reference with the lowest rate, the first of several."""
    candidates = []
    for reference in references:
        output = jiwer.process_words(reference, prediction)
        errors = output.substitutions + output.deletions + output.insertions
        words = output.hits + output.substitutions + output.deletions
        candidates.append((output.wer, errors, words))
    return min(candidates, key=lambda candidate: candidate[0])[1:]


def corpus_score(metric, rows):
    """sacreBLEU takes references by position, with None where a row has fewer."""
    streams = itertools.zip_longest(*(references for _, *references in rows))
    return metric.corpus_score([prediction for prediction, *_ in rows], [list(stream) for stream in streams])


def text_values(rows):
    values = {}
    for key, name in (("rouge-1", "rouge1"), ("rouge-2", "rouge2"), ("rouge-l", "rougeL"), ("rouge-lsum", "rougeLsum")):
        stemmed, plain = (
            [RougeScorer([name], use_stemmer=stem).score_multi(references, prediction)[name] for prediction, *references in rows]
            for stem in (True, False)
        )
        values[key] = {
            name: mean([score.fmeasure for score in stemmed]),
            f"{name}_precision": mean([score.precision for score in stemmed]),
            f"{name}_recall": mean([score.recall for score in stemmed]),
            f"{name}_without_stemmer": mean([score.fmeasure for score in plain]),
        }
    bleu = corpus_score(BLEU(), rows)
    values["bleu"] = {
        "bleu": bleu.score,
        **{f"bleu_precision_{n + 1}": precision for n, precision in enumerate(bleu.precisions)},
        "bleu_brevity_penalty": bleu.bp,
    }
    values["chrf"] = {"chrf": corpus_score(CHRF(), rows).score}
    values["chrf-plus-plus"] = {"chrf_plus_plus": corpus_score(CHRF(word_order=2), rows).score}
    tokenize = BLEU().tokenizer
    values["meteor"] = {
        "meteor": mean([
            meteor_score([tokenize(reference).split() for reference in references], tokenize(prediction).split(), wordnet=NoSynonyms())
            for prediction, *references in rows
        ])
    }
    errors, words = (sum(counts) for counts in zip(*(word_errors(prediction, references) for prediction, *references in rows)))
    values["word-error-rate"] = {"wer": errors / words if words else float(errors)}
    if all(len(row) == 2 for row in rows):
        assert values["word-error-rate"]["wer"] == jiwer.wer([row[1] for row in rows], [row[0] for row in rows])
    values["exact-match"] = {"exact_match": mean([float(prediction in references) for prediction, *references in rows])}
    values["squad-f1"] = {
        "squad_f1": mean([max(compute_f1(reference, prediction) for reference in references) for prediction, *references in rows]),
        "squad_exact_match": mean([max(compute_exact(reference, prediction) for reference in references) for prediction, *references in rows]),
    }
    predictions = [tokenize(prediction).split() for prediction, *_ in rows]
    values["distinct-n"] = {}
    for n in (1, 2, 3):
        ngrams = [tuple(words[start : start + n]) for words in predictions for start in range(len(words) - n + 1)]
        values["distinct-n"][f"distinct_{n}"] = len(set(ngrams)) / len(ngrams) if ngrams else 0.0
    sentence = BLEU(effective_order=True)
    texts = [prediction for prediction, *_ in rows]
    values["self-bleu"] = {
        "self_bleu": mean([sentence.sentence_score(text, texts[:n] + texts[n + 1 :]).score for n, text in enumerate(texts)]) if len(texts) > 1 else 0.0
    }
    return values


def label_values(predicted, true):
    values = {
        "accuracy": {"accuracy": sklearn_metrics.accuracy_score(true, predicted)},
        "balanced-accuracy": {"balanced_accuracy": sklearn_metrics.balanced_accuracy_score(true, predicted)},
        "matthews-correlation": {"matthews_correlation": sklearn_metrics.matthews_corrcoef(true, predicted)},
    }
    for name in ("precision", "recall", "f1"):
        score = getattr(sklearn_metrics, f"{name}_score")
        values[name] = {
            f"{name}_{average}": score(true, predicted, average=average, zero_division=0) for average in ("macro", "micro", "weighted")
        }
    return values


def tag_values(rows, is_iob2):
    predicted, true = ([row[side].split() for row in rows] for side in (0, 1))
    values = {}
    for key, prefix, settings in (("ner-f1", "ner", {}), ("ner-f1-strict", "ner_strict", {"mode": "strict", "scheme": IOB2})):
        if settings and not is_iob2:
            continue
        values[key] = {
            f"{prefix}_f1": seqeval.metrics.f1_score(true, predicted, **settings),
            f"{prefix}_precision": seqeval.metrics.precision_score(true, predicted, **settings),
            f"{prefix}_recall": seqeval.metrics.recall_score(true, predicted, **settings),
            f"{prefix}_accuracy": seqeval.metrics.accuracy_score(true, predicted),
        }
        for average in ("macro", "weighted"):
            # With no entity at all the mean over types is that of nothing.
            score = seqeval.metrics.f1_score(true, predicted, average=average, **settings)
            values[key][f"{prefix}_{average}_f1"] = 0.0 if math.isnan(score) else score
    return values


def calibration_values(rows):
    confidence = numpy.array([row[2] for row in rows])
    correct = numpy.array([float(row[0] == row[1]) for row in rows])
    bins = numpy.maximum(numpy.digitize(confidence, numpy.arange(16) / 15, right=True), 1)
    gaps = {b: abs(correct[bins == b].mean() - confidence[bins == b].mean()) for b in set(bins.tolist())}
    return {
        "expected-calibration-error": {
            "expected_calibration_error": sum((bins == b).mean() * gap for b, gap in gaps.items()),
            "maximum_calibration_error": max(gaps.values()),
        }
    }


def pass_values(rows):
    fewest = min(samples for samples, _ in rows)
    return {
        "pass-at-k": {
            f"pass@{k}": mean([1 - math.comb(n - c, k) / math.comb(n, k) for n, c in rows]) for k in (1, 5, 10, 100) if k <= fewest
        }
    }


def likelihood_values(rows):
    likelihood, tokens, size, words = (sum(column) for column in zip(*rows))
    return {
        "perplexity": {"perplexity": math.exp(-likelihood / tokens)},
        "word-perplexity": {"word_perplexity": math.exp(-likelihood / words)},
        "bits-per-byte": {"bits_per_byte": -likelihood / size / math.log(2), "byte_perplexity": math.exp(-likelihood / size)},
    }


def is_json(text):
    def refuse(name):
        raise ValueError(name)

    try:
        # Python also reads NaN and Infinity, which RFC 8259 does not have.
        json.loads(text, parse_constant=refuse)
        return True
    except ValueError:
        return False


def metric_cases():
    def case(name, kind, rows, values):
        return {"name": name, "kind": kind, "rows": rows, "values": values}

    for name, rows in TEXTS.items():
        expanded = [tuple(map(expand, row)) for row in rows]
        yield case(name, "text", [{"prediction": row[0], "references": list(row[1:])} for row in rows], text_values(expanded))
    for name, (predicted, true) in LABELS.items():
        rows = [{"prediction": p, "reference": t} for p, t in zip(predicted, true, strict=True)]
        yield case(name, "label", rows, label_values(predicted, true))
    for name, (rows, is_iob2) in TAGS.items():
        tags = [{"prediction": p.split(), "reference": t.split()} for p, t in rows]
        yield case(name, "tags", tags, tag_values(rows, is_iob2))
    for name, rows in PROBABILITIES.items():
        yield case(name, "probability", [{"prediction": p, "reference": t, "probabilities": {p: c}} for p, t, c in rows], calibration_values(rows))
    for name, rows in SAMPLES.items():
        yield case(name, "samples", [{"samples": n, "correct": c} for n, c in rows], pass_values(rows))
    for name, rows in EMBEDDINGS.items():
        cosines = [float(cosine_similarity([a], [b])[0, 0]) for a, b in rows]
        yield case(name, "embedding", [{"prediction": a, "reference": b} for a, b in rows], {"embedding-similarity": {"embedding_similarity": mean(cosines)}})
    for name, rows in LIKELIHOODS.items():
        keys = ("logLikelihood", "tokens", "bytes", "words")
        yield case(name, "likelihood", [dict(zip(keys, row)) for row in rows], likelihood_values(rows))
    for text in JSON_TEXTS:
        yield case(text, "generation", [{"prediction": text}], {"json-validity": {"json_validity": float(is_json(text))}})


def sliding_windows(length, window, stride):
    """The loop of "Perplexity of fixed-length models": what is scored is what labels and their shift by one leave."""
    windows, previous_end = [], 0
    for start in range(0, length, stride):
        end = min(start + window, length)
        labels = list(range(start, end))
        labels = [position if position >= previous_end else -100 for position in labels][1:]
        windows.append({"start": start, "end": end, "scored": [position for position in labels if position != -100]})
        previous_end = end
        if end == length:
            break
    return windows


def bootstrap(data, confidence):
    # Enough draws that the ends vary less than the test allows.
    result = scipy.stats.bootstrap((numpy.array(data),), numpy.mean, n_resamples=100_000, confidence_level=confidence,
                                   method="percentile", random_state=numpy.random.default_rng(1), batch=10_000)
    return {"lower": result.confidence_interval.low, "upper": result.confidence_interval.high}


def paired_bleu():
    """Two systems on the same texts, by sacreBLEU's counts of each text. Its own paired test asks for the share of
    samples with |difference| - mean |difference| above |difference observed|, which is near 1/2 rather than 1 for equal
    systems; here the samples are shifted to a mean of 0 before their absolute value is taken."""
    places = itertools.product(("cat", "dog", "fox", "owl"), (("sees", "moon"), ("likes", "old house"), ("fears", "noise")), ("garden", "wood"))
    references = [f"the {animal} {verb} the {thing} in the {place}" for animal, (verb, thing), place in places]
    systems = {
        "a": [text.replace("garden", "yard") if n % 2 else text.replace("the", "a", n % 3) for n, text in enumerate(references)],
        "b": [text.replace("likes", "loves") if n % 3 == 0 else text.replace("the moon", "a moon") for n, text in enumerate(references)],
    }
    metric = BLEU(references=[references])
    counts = {name: numpy.array(metric._extract_corpus_statistics(texts, None)) for name, texts in systems.items()}

    def difference(rows):
        a, b = (metric._compute_score_from_stats(counts[name][rows].sum(0).tolist()).score for name in "ab")
        return b - a

    random = numpy.random.default_rng(2)
    observed = difference(numpy.arange(len(references)))
    drawn = numpy.array([difference(random.integers(len(references), size=len(references))) for _ in range(20_000)])
    scores = {f"value_{name}": metric.corpus_score(texts, None).score for name, texts in systems.items()}
    return {
        "references": references,
        **systems,
        **scores,
        "p_value": float((numpy.abs(drawn - drawn.mean()) >= abs(observed)).mean()),
        "lower": float(numpy.quantile(drawn, 0.025)),
        "upper": float(numpy.quantile(drawn, 0.975)),
    }


def paired_means(shift):
    """The t test, which the bootstrap of a mean over many rows comes near to."""
    random = numpy.random.default_rng(4)
    a = random.integers(0, 100, size=400)
    b = numpy.clip(a + random.integers(-20, 21, size=400) + shift, 0, 100)
    result = scipy.stats.ttest_rel(b, a)
    interval = result.confidence_interval(0.95)
    return {"a": a.tolist(), "b": b.tolist(), "p_value": float(result.pvalue), "lower": float(interval.low), "upper": float(interval.high)}


def statistics_cases():
    skewed = [0.0, 0.1, 0.1, 0.2, 0.3, 0.35, 0.5, 0.9, 1.0, 1.0, 0.05, 0.75]
    pairs = ([2.1, 3.4, 1.9, 5.0, 4.4, 3.8], [1.0, 2.2, 2.9, 3.1, 2.0, 4.1])
    pooled = math.sqrt((statistics.variance(pairs[0]) + statistics.variance(pairs[1])) / 2)
    return {
        "wilson": [
            {"successes": k, "total": n, "confidence": c, **dict(zip(("lower", "upper"), map(float, proportion_confint(k, n, alpha=1 - c, method="wilson"))))}
            for k, n, c in ((0, 10, 0.95), (10, 10, 0.95), (1, 1, 0.95), (7, 20, 0.95), (412, 500, 0.95), (412, 500, 0.99), (3, 1000, 0.8), (50_000, 100_000, 0.999))
        ],
        "mcnemar": [
            {"onlyA": b, "onlyB": c, "exact": exact, "p_value": float(mcnemar([[0, b], [c, 0]], exact=exact, correction=True).pvalue)}
            for b, c, exact in ((0, 1, True), (3, 3, True), (1, 9, True), (12, 5, True), (24, 0, True), (8, 16, True),
                                (10, 15, False), (40, 20, False), (100, 101, False), (500, 300, False), (0, 60, False))
        ],
        "normal_quantile": [[p, float(scipy.stats.norm.ppf(p))] for p in (1e-300, 1e-12, 0.001, 0.025, 0.1, 0.4, 0.5, 0.6, 0.9, 0.975, 0.9995, 1 - 1e-12)],
        "normal_tail": [[z, float(2 * scipy.stats.norm.sf(z))] for z in (0, 0.01, 0.3, 0.674, 1, 1.96, 2.5, 3.3, 5, 8, 15, 30)],
        "cohens_h": [[p, q, float(proportion_effectsize(p, q))] for p, q in ((0.5, 0.5), (0.8, 0.6), (0, 1), (0.05, 0.01), (0.333, 0.9))],
        "cohens_d": {"a": pairs[0], "b": pairs[1], "value": (statistics.mean(pairs[0]) - statistics.mean(pairs[1])) / pooled},
        "bootstrap": [{"values": skewed, "confidence": c, **bootstrap(skewed, c)} for c in (0.8, 0.95)],
        "bootstrap_of_shares": [
            {"successes": k, "total": n, "confidence": 0.95, **{end: float(scipy.stats.binom.ppf(q, n, k / n)) / n for end, q in (("lower", 0.025), ("upper", 0.975))}}
            for k, n in ((30, 40), (3, 50), (120, 200))
        ],
        "paired_bleu": paired_bleu(),
        "paired_means": [paired_means(shift) for shift in (0, 1)],
    }


def lay_out(value, indent=""):
    """JSON with one line per flat list or object."""
    inner = indent + "  "
    if isinstance(value, dict) and any(isinstance(item, (dict, list)) for item in value.values()):
        items = (f"{inner}{json.dumps(key, ensure_ascii=False)}: {lay_out(item, inner)}" for key, item in value.items())
        return "{\n" + ",\n".join(items) + "\n" + indent + "}"
    if isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        return "[\n" + ",\n".join(inner + lay_out(item, inner) for item in value) + "\n" + indent + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=HERE)
    warnings.simplefilter("ignore")
    texts = [tuple(map(expand, row)) for rows in TEXTS.values() for row in rows]
    short = [text for row in texts for text in row if len(text) < 200]
    several = [tuple(map(expand, row)) for row in TEXTS["several references"]]
    differing = TEXTS["references of differing number"]
    words = sorted({stem + suffix for stem in STEMS for suffix in SUFFIXES})[::3] + WHOLE_WORDS
    stemmer = PorterStemmer()

    def signature(metric, rows):
        corpus_score(metric, rows)
        return str(metric.get_signature())

    golden = {
        "generator": {name: version(name) for name in PACKAGES},
        "cases": list(metric_cases()),
        "bleu": {
            name: {tokenizer: corpus_score(BLEU(tokenize=tokenizer), [tuple(map(expand, row)) for row in TEXTS[name]]).score for tokenizer in TOKENIZERS}
            for name in ("equal", "numbers and dashes", "Chinese", "symbols", "quotes and apostrophes", "odd spaces", "emoji", "code", "several references")
        },
        "tokens": [
            {"text": text, **{tokenizer: BLEU(tokenize=tokenizer).tokenizer(text.rstrip()).split() for tokenizer in TOKENIZERS}}
            for text in dict.fromkeys(short)
            if not text.isalpha() and not text.replace(" ", "").isascii()
        ],
        "signatures": {
            "bleu": [signature(BLEU(), several), signature(BLEU(), differing)],
            "chrf": [signature(CHRF(), several), signature(CHRF(), differing)],
            "chrf-plus-plus": [signature(CHRF(word_order=2), several), signature(CHRF(word_order=2), differing)],
        },
        "stems": {"words": " ".join(words), "stems": " ".join(map(stemmer.stem, words))},
        "windows": [
            {"length": length, "window": window, "stride": stride, "windows": sliding_windows(length, window, stride)}
            for length, window, stride in ((10, 4, 2), (10, 4, 4), (10, 4, 1), (3, 8, 4), (9, 4, 3), (8, 4, 4), (1, 4, 2))
        ],
        "schemas": [
            {"schema": schema, "values": values, "valid": [jsonschema.Draft202012Validator(schema).is_valid(value) for value in values]}
            for schema, values in SCHEMAS
        ],
        "statistics": statistics_cases(),
    }
    path = parser.parse_args().out / "metrics.json"
    path.write_text(lay_out(golden) + "\n")


if __name__ == "__main__":
    main()
