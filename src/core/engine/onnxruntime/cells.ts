import type { Tensor } from 'onnxruntime-node';
import type { Cell, ElementType, TensorData } from '../engine.js';
import { checkData } from '../checks.js';
import { hostTensor } from './session.js';

/** What every cell of this engine gives to a run. */
export interface OnnxCell extends Cell {
  /** The value as ONNX Runtime takes it. */
  readonly tensor: Tensor;
}

/** A tensor in host memory that runs read and write in place. */
export class HostCell implements OnnxCell {
  readonly tensor: Tensor;

  constructor(
    readonly shape: readonly number[],
    readonly dtype: ElementType,
    readonly data: TensorData,
  ) {
    checkData('a new cell', this, data);
    this.tensor = hostTensor(data, dtype, shape);
  }

  async read(): Promise<TensorData> {
    return this.data.slice();
  }

  async write(data: TensorData): Promise<void> {
    checkData('a cell', this, data);
    this.data.set(data);
  }

  dispose(): void {}
}

/** Moves tensors between host memory and GPU buffers. */
export interface Transfer {
  upload(tensor: Tensor): Promise<Tensor>;
  download(tensor: Tensor): Promise<TensorData>;
}

/** A tensor in a GPU buffer; runs replace the buffer, and the old one is freed. */
export class DeviceCell implements OnnxCell {
  private constructor(
    readonly shape: readonly number[],
    readonly dtype: ElementType,
    private readonly transfer: Transfer,
    private current: Tensor,
  ) {}

  static async create(
    shape: readonly number[],
    dtype: ElementType,
    data: TensorData,
    transfer: Transfer,
  ): Promise<DeviceCell> {
    checkData('a new cell', { shape, dtype }, data);
    const tensor = await transfer.upload(hostTensor(data, dtype, shape));
    return new DeviceCell(shape, dtype, transfer, tensor);
  }

  get tensor(): Tensor {
    return this.current;
  }

  /** Takes over the buffer that a run produced. */
  replace(tensor: Tensor): void {
    const previous = this.current;
    this.current = tensor;
    previous.dispose();
  }

  read(): Promise<TensorData> {
    return this.transfer.download(this.current);
  }

  async write(data: TensorData): Promise<void> {
    checkData('a cell', this, data);
    this.replace(await this.transfer.upload(hostTensor(data, this.dtype, this.shape)));
  }

  dispose(): void {
    this.current.dispose();
  }
}
