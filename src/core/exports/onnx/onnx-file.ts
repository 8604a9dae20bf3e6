import type { GraphBuilder } from '../../engine/onnx/graph-builder.js';

/** Protobuf messages end at 2 GiB; what is larger lies beside the graph. */
const LARGEST_FILE_BYTES = 1.9e9;

/** Below this many bytes a constant stays in the graph: shapes and scalars are read while a graph is optimised. */
const SMALLEST_EXTERNAL_BYTES = 1024;

/** Where large constants begin in their file: a multiple of this, so that it can be mapped into memory. */
const ALIGNMENT = 4096;

/** A serialised graph, and the constants that lie in a file beside it. */
export interface OnnxFile {
  readonly model: Uint8Array;
  /** Content of `<name>_data`, in order; absent where the graph holds all. */
  readonly data?: readonly Uint8Array[];
}

/**
 * Serialises a graph for the file `name`, e.g. `model.onnx`.
 *
 * @param largest bytes up to which all is in one file
 */
export function onnxFile(graph: GraphBuilder, name: string, largest = LARGEST_FILE_BYTES): OnnxFile {
  if (graph.constantBytes <= largest) return { model: graph.build(name) };
  const data: Uint8Array[] = [];
  let end = 0;
  const model = graph.build(name, (_constant, bytes) => {
    if (bytes.length < SMALLEST_EXTERNAL_BYTES) return undefined;
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    if (offset > end) data.push(new Uint8Array(offset - end));
    data.push(bytes);
    end = offset + bytes.length;
    return { location: `${name}_data`, offset };
  });
  return { model, data };
}
