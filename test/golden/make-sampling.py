"""Makes sampling.json: what the logits processors of transformers make of logits, one case per combination of settings.

    python make-sampling.py [--out DIR]

`cases` lists `settings` (names as in generation_config.json), `input_ids` (the tokens so far), `logits`, and `scores`:
the logits after all processors, in the order that `generate` applies them; null for a token that was filtered out.
"""

import argparse
import math
from pathlib import Path

import torch
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel

from golden_files import HERE, float32_list, versions, write_json

VOCABULARY = 32
SETTINGS = (
    dict(repetition_penalty=1.3),
    dict(repetition_penalty=0.7),
    dict(temperature=0.6),
    dict(temperature=1.9),
    dict(top_k=1),
    dict(top_k=7),
    dict(top_k=VOCABULARY + 9),
    dict(top_p=0.2),
    dict(top_p=0.9),
    dict(top_p=1e-9),
    dict(min_p=0.05),
    dict(min_p=0.4),
    dict(min_p=1.0),
    # Every two neighbouring steps give other scores in one of these if they change places, save for those that commute.
    dict(temperature=2.5, top_p=0.8),
    dict(temperature=2.5, min_p=0.1),
    dict(top_k=5, top_p=0.6),
    dict(temperature=2.0, top_p=0.8, min_p=0.2),
    dict(repetition_penalty=4.0, top_k=4),
    dict(repetition_penalty=1.2, temperature=0.8, top_k=12, top_p=0.9, min_p=0.06),
)


def process(model, settings, input_ids, logits):
    """The scores that `generate` would draw from; a setting that is not given is switched off."""
    off = dict(temperature=1.0, top_k=0, top_p=1.0, repetition_penalty=1.0)
    configuration = GenerationConfig(do_sample=True, **{**off, **settings})
    processors = model._get_logits_processor(configuration, input_ids_seq_length=input_ids.shape[1])
    return processors(input_ids, logits.clone())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=HERE)
    generator = torch.Generator().manual_seed(11)
    # Only the choice and order of processors is asked of it.
    model = GPT2LMHeadModel(GPT2Config(vocab_size=VOCABULARY, n_positions=8, n_embd=4, n_layer=1, n_head=1))
    cases = []
    for index, settings in enumerate(SETTINGS):
        logits = 2.5 * torch.randn(1, VOCABULARY, generator=generator)
        if index % 3 == 2:
            logits = (logits * 2).round() / 2  # with ties
        input_ids = torch.randint(VOCABULARY, (1, 12), generator=generator)
        scores = process(model, settings, input_ids, logits)
        cases.append(
            {
                "settings": settings,
                "input_ids": input_ids[0].tolist(),
                "logits": float32_list(logits[0]),
                "scores": [None if math.isinf(score) else float32_list(score) for score in scores[0]],
            }
        )
    write_json(parser.parse_args().out / "sampling.json", {"cases": cases, "generator": versions()})


if __name__ == "__main__":
    main()
