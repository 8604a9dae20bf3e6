"""Makes parquet/: small files as pyarrow and Hugging Face `datasets` write them, and their rows as JSON.

Run from the repository root in an environment with `pyarrow`:

    python test/golden/make-parquet.py

Every row is invented. The rows in `rows.json` are what pyarrow reads back from the files.
"""

import datetime
import json
from pathlib import Path

import pyarrow
import pyarrow.parquet as parquet

HERE = Path(__file__).parent / "parquet"

QUESTIONS = pyarrow.schema(
    [
        ("id", pyarrow.string()),
        ("question", pyarrow.string()),
        ("choices", pyarrow.struct([("text", pyarrow.list_(pyarrow.string())), ("label", pyarrow.list_(pyarrow.string()))])),
        ("turns", pyarrow.list_(pyarrow.struct([("role", pyarrow.string()), ("content", pyarrow.string())]))),
        ("answer", pyarrow.int64()),
        ("score", pyarrow.float64()),
        ("is_checked", pyarrow.bool_()),
    ]
)


def questions():
    rows = []
    for index in range(23):
        count = index % 4
        rows.append(
            {
                "id": f"row-{index}",
                # Repeated texts make a dictionary page; other scripts and an emoji need UTF-8.
                "question": ["How many sides has a square?", "¿Cuántos lados? 四角形 🟥", None][index % 3],
                "choices": {"text": [f"{n} sides" for n in range(count)], "label": [str(n) for n in range(count)]},
                "turns": [{"role": role, "content": f"{role} {index}"} for role in ("user", "assistant")[: index % 3]],
                "answer": None if index == 7 else index - 4,
                "score": index / 8,
                "is_checked": index % 2 == 0,
            }
        )
    return rows


def odd():
    """Columns that no published text dataset is without once in a while."""
    return pyarrow.table(
        {
            "large": pyarrow.array([2**53 + 1, -1], pyarrow.int64()),
            "day": pyarrow.array([datetime.date(2024, 2, 29), None]),
            "moment": pyarrow.array([datetime.datetime(2024, 2, 29, 12, 30, 15), None], pyarrow.timestamp("us")),
            "bytes": pyarrow.array([b"plain text", b"\xff\xd8\xff"], pyarrow.binary()),
            "nested": pyarrow.array([[[1, 2], [], [3]], None], pyarrow.list_(pyarrow.list_(pyarrow.int32()))),
            "kind": pyarrow.array(["a", "b"]).dictionary_encode(),
            "half": pyarrow.array([0.5, 0.25], pyarrow.float32()),
        }
    )


def as_json(value):
    if isinstance(value, dict):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_json(inner) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53 - 1:
        return str(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, datetime.date):
        return value.isoformat() + "T00:00:00.000Z"
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return None
    return value


def main():
    HERE.mkdir(exist_ok=True)
    expected = {"generator": {"pyarrow": pyarrow.__version__}, "files": {}}
    table = pyarrow.Table.from_pylist(questions(), schema=QUESTIONS)
    for name, settings in {
        "snappy": {"compression": "snappy"},
        "gzip": {"compression": "gzip"},
        # Several groups of rows, and pages of the second version.
        "zstd": {"compression": "zstd", "row_group_size": 10, "data_page_version": "2.0"},
        "none": {"compression": "none", "use_dictionary": False},
        "brotli": {"compression": "brotli"},
        "lz4": {"compression": "lz4"},
    }.items():
        path = HERE / f"{name}.parquet"
        parquet.write_table(table, path, **settings)
        expected["files"][path.name] = "questions"
    parquet.write_table(odd(), HERE / "odd.parquet")
    conversations = [[{"role": role, "content": f"{role} {row}"} for role in ("user", "assistant")] for row in range(3)]
    parquet.write_table(pyarrow.table({"messages": conversations, "source": ["a", "b", "c"]}), HERE / "messages.parquet")
    parquet.write_table(table.slice(0, 0), HERE / "no-rows.parquet")
    expected["questions"] = as_json(parquet.read_table(HERE / "snappy.parquet").to_pylist())
    expected["odd"] = as_json(parquet.read_table(HERE / "odd.parquet").to_pylist())
    (HERE / "rows.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n")


main()
