"""Makes evaluation/expected.json: how lm-evaluation-harness renders and scores the rows of evaluation/rows.json.

Run from the repository root in an environment with `lm_eval` 0.4.13:

    python test/golden/make-evaluation.py

The rows are invented, in the columns of the public datasets. Of the harness come the tasks themselves (their YAML and
Python), and all that is written down here: contexts, requests, targets, filtered answers, scores. The tasks of
evaluation/harness/ are written for the tests, in the harness's format. Nothing is downloaded.
"""

import json
import random
from importlib.metadata import version
from pathlib import Path

import datasets
import lm_eval.tasks
from lm_eval.api.instance import Instance
from lm_eval.api.task import ConfigurableTask
from lm_eval.tasks._yaml_loader import load_yaml
from lm_eval.tasks.squadv2.task import SQuAD2

HERE = Path(__file__).parent / "evaluation"
HARNESS = Path(lm_eval.tasks.__file__).parent


def make_task(path, rows, examples):
    config = load_yaml(path)
    parts = {
        split: datasets.Dataset.from_list(rows)
        for split in ("train", "validation", "test", "dev")
    }
    few = datasets.Dataset.from_list(examples or rows)
    config.pop("dataset_kwargs", None)
    own = config.get("fewshot_config") or {}
    # Examples as they are given, so that both sides show the same ones.
    config["fewshot_config"] = {**own, "sampler": "first_n", **({} if "samples" in own else {"split": "shots"})}
    config["custom_dataset"] = lambda **_: datasets.DatasetDict({**parts, "shots": few})
    config["num_fewshot"] = len(examples)
    return ConfigurableTask(config=config)


def log_likelihoods(count, seed):
    """Log-likelihoods as a model might give; multiples of 1/8, so that every language reads the same numbers."""
    generator = random.Random(seed)
    return [-generator.randint(8, 400) / 8 for _ in range(count)]


def likelihood_row(task, doc, context, seed):
    requests = task.construct_requests(doc=doc, ctx=context, metadata=(task.config.task, 0, 1))
    pairs = [list(request.args) for request in requests]
    likelihoods = log_likelihoods(len(pairs), seed)
    results = task.process_results(doc, [(value, False) for value in likelihoods])
    return {"requests": pairs, "log_likelihoods": likelihoods, "scores": {key: float(value) for key, value in results.items()}}


def generated_rows(task, doc, generated):
    rows = []
    for text in generated:
        instance = Instance(request_type="generate_until", doc=doc, arguments=("", {}), idx=0, metadata=("", 0, 1))
        instance.resps = [text]
        for ensemble in task._filters:
            ensemble.apply([instance])
        for name, answer in instance.filtered_resps.items():
            scores = task.process_results(doc, [answer])
            rows.append({"generated": text, "filter": name, "answer": answer, "exact_match": float(scores["exact_match"])})
    return rows


def expected_rows(path, case):
    task = make_task(path, case["rows"], case["examples"])
    rows = []
    for number, doc in enumerate(task.eval_docs):
        row = {}
        for name, count in (("zero_shot", 0), ("with_examples", len(case["examples"]))):
            row[name] = task.fewshot_context(doc, count, gen_prefix=task.doc_to_prefix(doc))
        target = task.doc_to_target(doc)
        if task.OUTPUT_TYPE == "multiple_choice":
            row |= likelihood_row(task, doc, row["zero_shot"], number)
        elif task.OUTPUT_TYPE == "loglikelihood_rolling":
            row["target"] = target
        else:
            choices = task.config.doc_to_choice
            row["target"] = target if choices is None else task.doc_to_choice(doc)[target]
            if "generated" in case:
                row["generated"] = generated_rows(task, doc, case["generated"][number])
        rows.append(row)
    return {"rows": rows, **({"until": task.config.generation_kwargs["until"]} if task.OUTPUT_TYPE == "generate_until" else {})}


def squad_rows(case):
    """The task is a class without YAML; its own methods make the text."""
    text = lambda row: SQuAD2.doc_to_text(None, row)
    answered = lambda row: text(row) + SQuAD2.doc_to_target(None, row)
    rows = [
        {
            "zero_shot": text(row),
            "with_examples": "".join(answered(example) + "\n\n" for example in case["examples"]) + text(row),
        }
        for row in case["rows"]
    ]
    return {"rows": rows}


def main():
    cases = json.loads((HERE / "rows.json").read_text())
    own = json.loads((HERE / "harness" / "rows.json").read_text())
    expected = {"generator": {"lm_eval": version("lm_eval")}, "ready": {}, "harness": {}}
    for name, case in cases.items():
        expected["ready"][name] = squad_rows(case) if name == "squad" else expected_rows(HARNESS / case["harness"], case)
    for name, case in own.items():
        expected["harness"][name] = expected_rows(HERE / "harness" / f"{name}.yaml", case)
    (HERE / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n")


main()
