"""What the golden scripts share: how fixtures are written, batches drawn and the reference run."""

import json
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")

import torch
import transformers
from safetensors.torch import save_file

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
# One thread fixes the order of float32 sums, so that a rerun gives the same bytes.
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)

HERE = Path(__file__).parent
# Label of a position that is not supervised: the default of torch's cross-entropy.
IGNORE_INDEX = -100


def float32_list(tensor):
    """Nested lists whose numbers, 9 significant digits, read back to the same float32 values. Zero has no sign."""
    if tensor.dim() == 0:
        return float(f"{tensor.item():.9g}") + 0.0
    return [float32_list(row) for row in tensor]


def versions(*modules):
    return {module.__name__: module.__version__ for module in (torch, transformers, *modules)}


def _lay_out(value, indent=""):
    """JSON with one line per list of numbers: long enough to be compact, short enough to be read in a diff."""
    inner = indent + "  "
    if isinstance(value, dict) and value:
        items = (f"{inner}{json.dumps(key)}: {_lay_out(item, inner)}" for key, item in value.items())
        return "{\n" + ",\n".join(items) + "\n" + indent + "}"
    if isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        return "[\n" + ",\n".join(inner + _lay_out(item, inner) for item in value) + "\n" + indent + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_lay_out(value) + "\n")


def write_tensors(path, tensors):
    save_file({name: tensor.detach().float().contiguous() for name, tensor in tensors.items()}, path)


def random_batch(vocab_size, length, generator):
    """Two sequences. The labels repeat the ids, but skip a prompt in the first row and every fifth id in the
    second, so that a mean over rows differs from the mean over supervised tokens."""
    input_ids = torch.randint(vocab_size, (2, length), generator=generator)
    labels = input_ids.clone()
    labels[0, : length // 2 + 1] = IGNORE_INDEX
    labels[1, 3::5] = IGNORE_INDEX
    return input_ids, labels


def load_model(folder):
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    )
    return model.eval()


def run_with_gradients(model, input_ids, labels):
    """Loss and logits of one batch; the gradients stay on the parameters."""
    model.zero_grad(set_to_none=True)
    output = model(input_ids=input_ids, labels=labels, use_cache=False)
    output.loss.backward()
    return output.loss.detach(), output.logits.detach()
