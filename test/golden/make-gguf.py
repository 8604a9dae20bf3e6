"""A small GGUF file with many tensor types, and what the `gguf` package reads from it, as an answer to hold the header
reader against. The values are zeros: only the layout matters.

Run: python test/golden/make-gguf.py   (gguf and numpy; writes gguf/tiny.gguf and gguf/tiny.json)
"""

import json
from pathlib import Path

import numpy
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Type, GGUFReader, GGUFWriter

HERE = Path(__file__).parent / "gguf"
HIDDEN, HEADS, KV_HEADS, HEAD_SIZE, FEED_FORWARD, VOCABULARY = 256, 4, 2, 8, 32, 12

# Rows first, as numpy has it; the file has the width of a row first.
TENSORS = {
    "token_embd.weight": (Type.Q6_K, (VOCABULARY, HIDDEN)),
    "blk.0.attn_norm.weight": (Type.F32, (HIDDEN,)),
    "blk.0.attn_q.weight": (Type.Q4_K, (HEADS * HEAD_SIZE, HIDDEN)),
    "blk.0.attn_k.weight": (Type.IQ4_XS, (KV_HEADS * HEAD_SIZE, HIDDEN)),
    "blk.0.attn_v.weight": (Type.Q5_K, (KV_HEADS * HEAD_SIZE, HIDDEN)),
    "blk.0.attn_output.weight": (Type.Q4_0, (HIDDEN, HEADS * HEAD_SIZE)),
    "blk.0.ffn_norm.weight": (Type.F32, (HIDDEN,)),
    "blk.0.ffn_gate.weight": (Type.Q2_K, (FEED_FORWARD, HIDDEN)),
    "blk.0.ffn_up.weight": (Type.IQ1_S, (FEED_FORWARD, HIDDEN)),
    "blk.0.ffn_down.weight": (Type.MXFP4, (HIDDEN, FEED_FORWARD)),
    "output_norm.weight": (Type.BF16, (HIDDEN,)),
}


def zeros(kind, shape):
    if kind == Type.F32:
        return numpy.zeros(shape, numpy.float32)
    elements, size = GGML_QUANT_SIZES[kind]
    return numpy.zeros((*shape[:-1], shape[-1] // elements * size), numpy.uint8)


HERE.mkdir(exist_ok=True)
path = HERE / "tiny.gguf"
writer = GGUFWriter(path, "llama")
writer.add_custom_alignment(64)
writer.add_block_count(1)
writer.add_context_length(128)
writer.add_embedding_length(HIDDEN)
writer.add_feed_forward_length(FEED_FORWARD)
writer.add_head_count(HEADS)
writer.add_head_count_kv([KV_HEADS])
writer.add_key_length(HEAD_SIZE)
writer.add_value_length(HEAD_SIZE)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_name("Zeros")
writer.add_token_list([f"token {index}" for index in range(VOCABULARY)])
writer.add_token_scores([-float(index) for index in range(VOCABULARY)])
writer.add_add_bos_token(True)
writer.add_int8("test.int8", -8)
writer.add_uint8("test.uint8", 8)
writer.add_int16("test.int16", -1600)
writer.add_uint16("test.uint16", 1600)
writer.add_int32("test.int32", -(2**31))
writer.add_int64("test.int64", -(2**40))
writer.add_uint64("test.uint64", 2**40)
writer.add_float64("test.float64", 0.1)
for name, (kind, shape) in TENSORS.items():
    writer.add_tensor(name, zeros(kind, shape), raw_dtype=None if kind == Type.F32 else kind)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()

reader = GGUFReader(path)
listing = {
    "metadata": {
        name: field.contents() for name, field in reader.fields.items() if not name.startswith("GGUF.")
    },
    "tensors": {
        tensor.name: {
            "type": tensor.tensor_type.name,
            "shape": [int(size) for size in tensor.shape],
            "elements": int(tensor.n_elements),
            "offset": int(tensor.data_offset - reader.data_offset),
            "bytes": int(tensor.n_bytes),
        }
        for tensor in reader.tensors
    },
    "data_offset": int(reader.data_offset),
}
(HERE / "tiny.json").write_text(json.dumps(listing, indent=2) + "\n")
