import type { Tensor } from 'onnxruntime-node';
import type { Cell, ElementType, TensorData } from '../engine.js';
import { checkData, describeSpec, misuse } from '../checks.js';
import { allocate, hostTensor } from './session.js';
import type { SharedSession } from './shared-session.js';

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

  async clear(): Promise<void> {
    this.data.fill(0);
  }

  dispose(): void {}
}

/** A tensor in a GPU buffer, with the session that made it. */
export interface DeviceTensor {
  readonly tensor: Tensor;
  readonly session: SharedSession;
}

/** Moves tensors between host memory and GPU buffers. */
export interface Transfer {
  upload(tensor: Tensor): Promise<DeviceTensor>;
  download(tensor: Tensor): Promise<TensorData>;
}

/** A tensor in a GPU buffer; runs replace the buffer, and the old one is freed. */
export class DeviceCell implements OnnxCell {
  private constructor(
    readonly shape: readonly number[],
    readonly dtype: ElementType,
    private readonly transfer: Transfer,
    private current: DeviceTensor | undefined,
  ) {
    current?.session.retain();
  }

  static async create(
    shape: readonly number[],
    dtype: ElementType,
    data: TensorData,
    transfer: Transfer,
  ): Promise<DeviceCell> {
    checkData('a new cell', { shape, dtype }, data);
    return new DeviceCell(shape, dtype, transfer, await transfer.upload(hostTensor(data, dtype, shape)));
  }

  get tensor(): Tensor {
    if (this.current === undefined)
      throw misuse(`a cell of ${describeSpec(this)} is used after it was disposed`);
    return this.current.tensor;
  }

  /** Takes over the buffer that a run produced. */
  replace(next: DeviceTensor): void {
    next.session.retain();
    this.dispose();
    this.current = next;
  }

  async read(): Promise<TensorData> {
    return this.transfer.download(this.tensor);
  }

  async write(data: TensorData): Promise<void> {
    checkData('a cell', this, data);
    this.replace(await this.transfer.upload(hostTensor(data, this.dtype, this.shape)));
  }

  async clear(): Promise<void> {
    await this.write(allocate(this));
  }

  dispose(): void {
    this.current?.tensor.dispose();
    void this.current?.session.release();
    this.current = undefined;
  }
}
