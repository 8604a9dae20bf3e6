import { ATTRIBUTE_TYPE, encodeModel, EXTERNAL_LOCATION, ONNX_TYPE, type OnnxType } from './protobuf.js';

/** IR and operator-set versions written: the oldest that hold every operator used (ScatterND with `reduction` 18). */
const IR_VERSION = 9;
const OPSET_VERSION = 18;
const MICROSOFT_OPSET_VERSION = 1;

/** A node attribute. Bare numbers are integers; floats are marked, since ONNX tells the two apart. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** Options of {@link GraphBuilder.node}. */
export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** How many outputs the node has; 1 unless told. */
  readonly outputs?: number;
  /** Operator domain: '' is ONNX's own, `com.microsoft` ONNX Runtime's contributed operators. */
  readonly domain?: '' | 'com.microsoft';
}

/** Where the data of a constant lie, outside the serialised graph. */
export interface ExternalPlace {
  /** Path from the folder of the graph's file. */
  readonly location: string;
  /** Bytes from the start of that file. */
  readonly offset: number;
}

/** Decides for a constant, by name and data, where it goes: `undefined` leaves it in the graph. */
export type PlaceConstant = (name: string, data: Uint8Array) => ExternalPlace | undefined;

/** A dimension: its size, or the name of a size that each run may choose. */
export type Dimension = number | string;

interface Node {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

interface ValueInfo {
  readonly name: string;
  readonly shape: readonly Dimension[];
  readonly type: OnnxType;
}

interface Initializer extends ValueInfo {
  readonly bytes: Uint8Array;
}

function encodeAttribute(name: string, value: Attribute): Record<string, unknown> {
  if (typeof value === 'number') return { name, i: value, type: ATTRIBUTE_TYPE.int };
  if (typeof value === 'string')
    return { name, s: new TextEncoder().encode(value), type: ATTRIBUTE_TYPE.string };
  if ('float' in value) return { name, f: value.float, type: ATTRIBUTE_TYPE.float };
  return { name, ints: [...value], type: ATTRIBUTE_TYPE.ints };
}

function encodeValueInfo({ name, shape, type }: ValueInfo): Record<string, unknown> {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: ONNX_TYPE[type], shape: { dim } } } };
}

function encodeInitializer(
  { name, shape, type, bytes }: Initializer,
  place: ExternalPlace | undefined,
): Record<string, unknown> {
  const common = { name, dims: shape, dataType: ONNX_TYPE[type] };
  if (place === undefined) return { ...common, rawData: bytes };
  const entries = { location: place.location, offset: place.offset, length: bytes.length };
  return {
    ...common,
    dataLocation: EXTERNAL_LOCATION,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value: String(value) })),
  };
}

/** Collects the nodes of one ONNX graph and serialises it. Values are referred to by name. */
export class GraphBuilder {
  private readonly nodes: Node[] = [];
  private readonly initializers = new Map<string, Initializer>();
  private readonly initializerByContent = new Map<string, string>();
  private readonly inputs: ValueInfo[] = [];
  private readonly outputs: (ValueInfo & { readonly value: string })[] = [];
  private nextId = 0;

  /** Appends a node and returns the names of its outputs. */
  nodeOutputs(op: string, inputs: readonly string[], options: NodeOptions = {}): string[] {
    const outputs = Array.from({ length: options.outputs ?? 1 }, () => `${op}_${this.nextId++}`);
    this.nodes.push({
      op,
      inputs,
      outputs,
      domain: options.domain ?? '',
      attributes: options.attributes ?? {},
    });
    return outputs;
  }

  /** Appends a node and returns the name of its first output. */
  node(op: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.nodeOutputs(op, inputs, options)[0]!;
  }

  /** A constant tensor. Small equal constants are stored once. */
  constant(shape: readonly number[], type: OnnxType, data: ArrayBufferView): string {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const SMALL = 1024; // bytes; longer keys cost more than the sharing saves
    const key = bytes.length <= SMALL ? `${type}[${shape.join()}]${bytes.join()}` : undefined;
    const known = key === undefined ? undefined : this.initializerByContent.get(key);
    if (known !== undefined) return known;
    const name = `constant_${this.nextId++}`;
    this.initializers.set(name, { name, shape, type, bytes });
    if (key !== undefined) this.initializerByContent.set(key, name);
    return name;
  }

  /** A one-dimensional int64 constant: shapes, axes and bounds are given to operators in this form. */
  int64(values: readonly number[]): string {
    return this.constant([values.length], 'int64', BigInt64Array.from(values.map((value) => BigInt(value))));
  }

  /** A float32 scalar. */
  scalar(value: number): string {
    return this.constant([], 'float32', Float32Array.of(value));
  }

  /** Declares a graph input and returns its name. */
  input(name: string, shape: readonly Dimension[], type: OnnxType): string {
    this.inputs.push({ name, shape, type });
    return name;
  }

  /** Declares `value` as the graph output called `name`. */
  output(name: string, value: string, shape: readonly Dimension[], type: OnnxType): void {
    this.outputs.push({ name, value, shape, type });
  }

  /** Number of nodes the outputs depend on. */
  get size(): number {
    return this.liveNodes().length;
  }

  /** Bytes of all constants together. */
  get constantBytes(): number {
    return [...this.initializers.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /**
   * Serialises the part of the graph that the outputs depend on.
   *
   * @param place asked for each constant of it, in order; by default all are in the graph, which may then have 2 GiB
   */
  build(name: string, place: PlaceConstant = () => undefined): Uint8Array {
    // An output is written by the node that computes it: that node's result is renamed. Only a value that is
    // itself an input, a constant or already another output needs a copy.
    const produced = new Set(this.nodes.flatMap((node) => node.outputs));
    const renamed = new Map<string, string>();
    const copies: Node[] = [];
    for (const output of this.outputs) {
      if (produced.has(output.value) && !renamed.has(output.value)) {
        renamed.set(output.value, output.name);
      } else {
        const source = renamed.get(output.value) ?? output.value;
        copies.push({ op: 'Identity', domain: '', inputs: [source], outputs: [output.name], attributes: {} });
      }
    }
    const rename = (value: string): string => renamed.get(value) ?? value;
    const live = [...this.liveNodes(), ...copies];
    const used = new Set(live.flatMap((node) => node.inputs));
    const node = live.map((entry) => ({
      opType: entry.op,
      domain: entry.domain,
      name: entry.outputs[0],
      input: entry.inputs.map(rename),
      output: entry.outputs.map(rename),
      attribute: Object.entries(entry.attributes).map(([key, value]) => encodeAttribute(key, value)),
    }));
    const initializer = [...this.initializers.values()]
      .filter((entry) => used.has(entry.name))
      .map((entry) => encodeInitializer(entry, place(entry.name, entry.bytes)));
    return encodeModel({
      irVersion: IR_VERSION,
      producerName: 'genai-toolkit',
      opsetImport: [
        { domain: '', version: OPSET_VERSION },
        { domain: 'com.microsoft', version: MICROSOFT_OPSET_VERSION },
      ],
      graph: {
        name,
        node,
        initializer,
        input: this.inputs.map(encodeValueInfo),
        output: this.outputs.map(encodeValueInfo),
      },
    });
  }

  private liveNodes(): Node[] {
    const needed = new Set(this.outputs.map((output) => output.value));
    const live: Node[] = [];
    // Nodes are appended after what they read, so one backward pass finds everything the outputs need.
    for (let index = this.nodes.length - 1; index >= 0; index--) {
      const node = this.nodes[index]!;
      if (!node.outputs.some((output) => needed.has(output))) continue;
      for (const input of node.inputs) needed.add(input);
      live.push(node);
    }
    return live.reverse();
  }
}
