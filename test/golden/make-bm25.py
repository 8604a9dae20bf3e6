"""Makes bm25.json: what rank_bm25's BM25Okapi scores documents with, for queries over small collections.

    python -m pip install rank_bm25
    python make-bm25.py [--out DIR]

`cases` lists `documents` and `queries` (words), and `scores`: for each query one score per document. The collections
have words in every document, in more than half of them, in one, and in none; documents that are empty; queries that
repeat a word.
"""

import argparse
import random
from importlib.metadata import version
from pathlib import Path

from rank_bm25 import BM25Okapi

from golden_files import HERE, write_json


def collection(generator, size, vocabulary, longest):
    words = [f"w{index}" for index in range(vocabulary)]
    # Zipf's law: the first words are in nearly every document.
    weights = [1 / (rank + 1) for rank in range(vocabulary)]
    return [generator.choices(words, weights, k=generator.randrange(longest + 1)) for _ in range(size)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=HERE)
    generator = random.Random(17)
    cases = []
    for size, vocabulary, longest in ((1, 4, 6), (2, 5, 8), (7, 12, 10), (40, 60, 25)):
        documents = collection(generator, size, vocabulary, longest)
        documents[0] = documents[0] or ["w0"]
        queries = collection(generator, 4, vocabulary, 6) + [["w0", "w0", "w1"], ["absent"], []]
        index = BM25Okapi(documents)
        scores = [index.get_scores(query).tolist() for query in queries]
        cases.append({"documents": documents, "queries": queries, "scores": scores})
    generated = {"rank_bm25": version("rank_bm25")}
    write_json(parser.parse_args().out / "bm25.json", {"cases": cases, "generator": generated})


if __name__ == "__main__":
    main()
