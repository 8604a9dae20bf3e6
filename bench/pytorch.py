"""PyTorch as a participant of bench/run.ts: the same cases on transformers and peft, eager, in float32.

Reads one JSON request per line and answers each by one line (bench/protocol.ts). The recipe is that of
bench/workload.ts: AdamW as torch.optim makes it by default, no decay of norms and biases, gradients clipped to
norm 1, every position supervised, greedy generation with a key/value cache.
"""

import json
import os
import sys
import time

import torch
import torch.nn.functional as functional
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.generation.streamers import BaseStreamer

LEARNING_RATE = 1e-4
WEIGHT_DECAY = 0.1
MAXIMUM_GRADIENT_NORM = 1.0
SEED = 1


def peak_memory():
    """Largest resident set so far, in bytes; None where there is no getrusage (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def now():
    """Seconds on the clock, and seconds that all threads of the process have computed."""
    return time.perf_counter(), time.process_time()


def between(start, end):
    return {
        "milliseconds": (end[0] - start[0]) * 1000,
        "processorMilliseconds": (end[1] - start[1]) * 1000,
    }


class TokenTimes(BaseStreamer):
    """Notes when the prompt goes in and when each new token comes out."""

    def __init__(self):
        self.times = []

    def put(self, value):
        self.times.append(now())

    def end(self):
        pass


class Workload:
    def __init__(self, case, threads, tuned):
        torch.set_num_threads(threads)
        torch.manual_seed(SEED)
        fields = dict(case["config"])
        if tuned and fields["model_type"] == "gpt2":
            # The same function as gelu_new, in one kernel.
            fields["activation_function"] = "gelu_pytorch_tanh"
        # transformers' defaults of these lie outside small vocabularies, and random text must not end early.
        config = AutoConfig.for_model(
            fields.pop("model_type"), **fields, bos_token_id=None, eos_token_id=None, pad_token_id=None
        )
        self.case = case
        self.model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa")
        assert next(self.model.parameters()).dtype == torch.float32
        if case["kind"] == "training":
            self.prepare_training(tuned)
        else:
            self.model.eval()

    def prepare_training(self, tuned):
        lora = self.case.get("lora")
        if lora is not None:
            from peft import LoraConfig, get_peft_model

            settings = LoraConfig(
                r=lora["rank"],
                lora_alpha=lora["alpha"],
                lora_dropout=lora["dropout"],
                target_modules=lora["targets"],
                use_rslora=lora["rankStabilized"],
                fan_in_fan_out=self.case["config"]["model_type"] == "gpt2",
                task_type="CAUSAL_LM",
            )
            self.model = get_peft_model(self.model, settings)
        self.model.train()
        self.trained = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        groups = [
            {"params": [p for p in self.trained if p.dim() >= 2], "weight_decay": WEIGHT_DECAY},
            {"params": [p for p in self.trained if p.dim() < 2], "weight_decay": 0.0},
        ]
        groups = [group for group in groups if group["params"]]
        self.optimizer = torch.optim.AdamW(groups, lr=LEARNING_RATE, **({"fused": True} if tuned else {}))

    def compute(self, samples):
        return self.train(samples) if self.case["kind"] == "training" else self.generate(samples)

    def train(self, samples):
        shape = (self.case["batchSize"], self.case["length"])
        steps, losses = [], []
        for sample in samples:
            tokens = torch.tensor(sample["tokens"]).view(shape)
            targets = torch.tensor(sample["targets"])
            start = now()
            logits = self.model(input_ids=tokens, use_cache=False).logits
            loss = functional.cross_entropy(logits.view(-1, logits.shape[-1]), targets)
            # Autograd keeps what it needs; another name for the logits would only hold memory.
            del logits
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.trained, MAXIMUM_GRADIENT_NORM)
            self.optimizer.step()
            self.optimizer.zero_grad()
            losses.append(loss.item())
            steps.append(between(start, now()))
        return {"times": {"step": steps}, "losses": losses}

    def generate(self, samples):
        prefill, decode = [], []
        for sample in samples:
            tokens = torch.tensor([sample["tokens"]])
            clock = TokenTimes()
            text = self.model.generate(
                tokens,
                attention_mask=torch.ones_like(tokens),
                max_new_tokens=self.case["newTokens"],
                do_sample=False,
                use_cache=True,
                streamer=clock,
            )
            assert text.shape[1] == tokens.shape[1] + self.case["newTokens"]
            start, first, last = clock.times[0], clock.times[1], clock.times[-1]
            prefill.append(between(start, first))
            decode.append(between(first, last))
        return {"times": {"prefill": prefill, "decode": decode}}


def main():
    # Libraries print where they like; only answers go to the runner.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    workload = None
    at_start = peak_memory()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "prepare":
                workload = Workload(request["case"], request["threads"], request["tuned"])
                reply = {}
            elif request["do"] == "compute":
                reply = workload.compute(request["samples"])
            elif request["do"] == "memory":
                reply = {"atStart": at_start, "peak": peak_memory()}
            else:
                raise ValueError("this participant cannot " + request["do"])
        except Exception as error:
            reply = {"error": type(error).__name__ + ": " + str(error)}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


main()
