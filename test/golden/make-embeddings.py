"""Makes embeddings.json: texts as vectors, by transformers.

    python make-embeddings.py

For some models of architectures/, in float32: the mean over a text's tokens of `last_hidden_state`, which is the output
of the final normalisation, divided by its Euclidean length. Each text is computed by itself, so that nothing is padded.
`models` lists for each folder `texts`, each with its `ids` and `vector`.
"""

import torch

from golden_files import HERE, float32_list, load_model, versions, write_json

# Learnt positions and rotary ones, LayerNorm and RMSNorm, and a window that longer texts do not fit in.
MODELS = ("gpt2", "llama", "mistral-sliding")
LENGTHS = (1, 5, 16, 17, 24, 3)


def main():
    generator = torch.Generator().manual_seed(7)
    models = {}
    for name in MODELS:
        model = load_model(HERE / "architectures" / name)
        texts = []
        for length in LENGTHS:
            ids = torch.randint(model.config.vocab_size, (1, length), generator=generator)
            with torch.no_grad():
                states = model.base_model(input_ids=ids, use_cache=False).last_hidden_state
            vector = torch.nn.functional.normalize(states[0].mean(0), dim=0)
            texts.append(dict(ids=ids[0].tolist(), vector=float32_list(vector)))
        models[name] = texts
    write_json(HERE / "embeddings.json", dict(generator=versions(), models=models))


main()
