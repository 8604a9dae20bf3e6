import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** One graphics processor of this machine, as its driver names it. */
export interface GraphicsCard {
  readonly name: string;
  readonly memoryBytes: number;
}

/** Finds what computes beside the processor. */
export interface GraphicsCards {
  /** The cards whose driver answers; none where there is no such driver. */
  list(): Promise<GraphicsCard[]>;
}

/** A driver that wakes up takes a second; one that hangs must not hold up an estimate. */
const TIMEOUT_MS = 3000;
const BYTES_PER_MIB = 2 ** 20;

/** The NVIDIA cards of this machine, from the program that comes with their driver. */
export const nvidiaGraphicsCards: GraphicsCards = {
  async list() {
    try {
      const { stdout } = await promisify(execFile)(
        'nvidia-smi',
        ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'],
        { timeout: TIMEOUT_MS, windowsHide: true },
      );
      return parseCards(stdout);
    } catch {
      return []; // no such program, or its driver does not answer
    }
  },
};

/** Lines such as `NVIDIA H100 80GB HBM3, 81559`: name, and memory in MiB. */
export function parseCards(text: string): GraphicsCard[] {
  return text.split('\n').flatMap((line) => {
    const { name, mebibytes } = /^(?<name>.+),\s*(?<mebibytes>\d+)\s*$/.exec(line)?.groups ?? {};
    return name && mebibytes ? [{ name, memoryBytes: Number(mebibytes) * BYTES_PER_MIB }] : [];
  });
}
