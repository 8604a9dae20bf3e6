"""Makes perplexity.json: how likely transformers finds whole texts, read in windows with a stride.

    python make-perplexity.py

The recipe is that of transformers' documentation ("Perplexity of fixed-length models"), with the loss of each window
summed over the tokens that it scores, not taken as a mean times a count. The model is the starter model in float32, its
context 256 tokens. `cases` lists `text`, `stride`, `tokens` (scored ones: all but the first) and `log_likelihood`.
"""

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from golden_files import HERE, IGNORE_INDEX, versions, write_json

ROOT = HERE.parent.parent
MODEL = ROOT / "templates" / "starter-model"
SHORT = "The little fox ran over the hill and looked for its mother. It was getting dark."
# Longer than the context, and no multiple of any stride.
LONG = (ROOT / "templates" / "starter-model" / "README.md").read_text(encoding="utf-8")[:2600]
STRIDES = (128, 256, 100)


def score(model, ids, window, stride):
    total, count, previous_end = 0.0, 0, 0
    for begin in range(0, ids.size(1), stride):
        end = min(begin + window, ids.size(1))
        labels = ids[:, begin:end].clone()
        labels[:, : -(end - previous_end)] = IGNORE_INDEX
        with torch.no_grad():
            logits = model(ids[:, begin:end]).logits[:, :-1].double()
        targets = labels[:, 1:]
        loss = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE_INDEX, reduction="sum"
        )
        total, count = total - loss.item(), count + (targets != IGNORE_INDEX).sum().item()
        previous_end = end
        if end == ids.size(1):
            break
    return total, count


def main():
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    model = AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32).eval()
    window = model.config.max_position_embeddings
    cases = []
    for text, stride in [(SHORT, 128), *((LONG, stride) for stride in STRIDES)]:
        ids = tokenizer(text, return_tensors="pt").input_ids
        log_likelihood, tokens = score(model, ids, window, stride)
        cases.append(dict(text=text, stride=stride, tokens=tokens, log_likelihood=round(log_likelihood, 4)))
    write_json(HERE / "perplexity.json", dict(generator=versions(), context=window, cases=cases))


main()
