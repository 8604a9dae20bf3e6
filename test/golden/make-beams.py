"""Makes beams.json: what beam search of transformers finds with the models of architectures/.

    python make-beams.py [--out DIR]

`cases` lists the `model` (a folder of architectures/), the `prompt` (token ids), `settings` of `generate` (names as in
generation_config.json), and what it found: the new `tokens` of the best sequence, its end token included, and its
`score` (sum of log-probabilities over length to the power of the length penalty).
"""

import argparse
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

from golden_files import HERE, versions, write_json

MODELS = ("gpt2", "llama-gqa-tied", "mistral-sliding", "qwen3")
# End tokens among the likelier ones of small vocabularies: some beams end early, some never.
SETTINGS = (
    dict(num_beams=2, max_new_tokens=9),
    dict(num_beams=4, max_new_tokens=12, eos_token_id=[5, 16, 33]),
    dict(num_beams=4, max_new_tokens=12, eos_token_id=[5, 16, 33], early_stopping=True),
    dict(num_beams=3, max_new_tokens=14, eos_token_id=[8, 20, 42], length_penalty=0.0),
    dict(num_beams=3, max_new_tokens=14, eos_token_id=[8, 20, 42], length_penalty=2.5),
    dict(num_beams=5, max_new_tokens=10, eos_token_id=list(range(0, 50, 7)), length_penalty=-1.0),
    dict(num_beams=5, max_new_tokens=20, eos_token_id=list(range(0, 50, 7)), early_stopping=True),
    dict(num_beams=3, max_new_tokens=10, repetition_penalty=1.5),
)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=HERE)
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(29)
    cases = []
    for name in MODELS:
        model = AutoModelForCausalLM.from_pretrained(HERE / "architectures" / name, dtype=torch.float32).eval()
        model.generation_config.eos_token_id = None
        for settings in SETTINGS:
            prompt = torch.randint(50, (1, int(torch.randint(2, 9, (1,), generator=generator))), generator=generator)
            with torch.no_grad():
                found = model.generate(
                    prompt,
                    attention_mask=torch.ones_like(prompt),
                    do_sample=False,
                    pad_token_id=0,
                    return_dict_in_generate=True,
                    output_scores=True,
                    **settings,
                )
            cases.append(
                {
                    "model": name,
                    "prompt": prompt[0].tolist(),
                    "settings": settings,
                    "tokens": found.sequences[0, prompt.shape[1] :].tolist(),
                    "score": found.sequences_scores[0].item(),
                }
            )
    write_json(parser.parse_args().out / "beams.json", {"cases": cases, "generator": versions()})


if __name__ == "__main__":
    main()
