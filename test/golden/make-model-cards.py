"""Model cards as the `huggingface_hub` package writes them, with what it holds in them, and what it reads from a card
that the toolkit wrote: answers to hold reading and writing against.

Run: python test/golden/make-model-cards.py   (huggingface_hub; writes model-cards/*.md but ours.md, and model-cards.json)
"""

import json
from dataclasses import asdict
from pathlib import Path

from huggingface_hub import EvalResult, ModelCard, ModelCardData

HERE = Path(__file__).parent / "model-cards"

LISTS = ("language", "base_model", "datasets", "metrics", "tags")
WORDS = ("license", "license_name", "license_link", "library_name", "pipeline_tag")


def result(**fields):
    return EvalResult(
        **{
            "task_type": "text-classification",
            "dataset_type": "imdb",
            "dataset_name": "IMDb",
            "metric_type": "accuracy",
            "metric_value": 0.93,
            **fields,
        }
    )


CARDS = {
    "full": (
        ModelCardData(
            language=["en", "no"],
            license="apache-2.0",
            library_name="transformers",
            tags=["sentiment", "1.0", "yes"],
            datasets=["stanfordnlp/imdb"],
            metrics=["accuracy", "f1"],
            base_model=["FacebookAI/roberta-base"],
            pipeline_tag="text-classification",
            model_name="Reviews: a classifier",
            eval_results=[
                result(task_name="Sentiment", dataset_split="test", metric_name="Accuracy", verified=False),
                result(task_name="Sentiment", dataset_split="test", metric_type="f1", metric_value=0.912),
                result(
                    dataset_type="sst2",
                    dataset_name="SST-2",
                    dataset_config="plain_text",
                    dataset_revision="abc123",
                    metric_type="bleu",
                    metric_value=27,
                    source_url="https://example.org/board",
                    source_name="A board",
                ),
            ],
            widget=[{"text": "I liked it: a lot"}],
        ),
        "# Reviews\n\nTells good from bad.\n\n---\n\nAfter a line.\n",
    ),
    "other-licence": (
        ModelCardData(
            language="de",
            license="other",
            license_name="my-terms",
            license_link="https://example.org/terms",
            base_model="acme/base",
            tags=["a"],
        ),
        "# Terms\n",
    ),
    "empty": (ModelCardData(), "# Nothing said\n"),
}


def facts(card):
    data = card.data
    as_list = lambda value: [] if value is None else [value] if isinstance(value, str) else list(value)
    known = {*LISTS, *WORDS, "model_name", "eval_results", "model-index"}
    results = []
    for entry in data.eval_results or []:
        fields = {name: value for name, value in asdict(entry).items() if value is not None}
        results.append({"model_name": data.model_name, **fields})
    return {
        "data": {
            **{name: getattr(data, name, None) for name in WORDS if getattr(data, name, None) is not None},
            **{name: as_list(getattr(data, name, None)) for name in LISTS},
            "results": results,
            "others": {key: value for key, value in data.to_dict().items() if key not in known},
        },
        "text": card.text,
    }


HERE.mkdir(exist_ok=True)
answers = {}
for name, (data, text) in CARDS.items():
    path = HERE / f"{name}.md"
    path.write_text(f"---\n{data.to_yaml()}\n---\n\n{text}", encoding="utf-8")
for path in sorted(HERE.glob("*.md")):
    answers[path.stem] = facts(ModelCard.load(path, ignore_metadata_errors=False))
(HERE / "model-cards.json").write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
