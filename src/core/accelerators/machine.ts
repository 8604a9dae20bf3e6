import { usableMemoryBytes } from './accelerator.js';
import { findAccelerator } from './find-accelerator.js';
import type { GraphicsCards } from '../../platform/graphics-cards.js';

const BYTES_PER_GB = 1e9;

/** What a model is to run on. */
export interface Machine {
  readonly name: string;
  /** Memory of each device. */
  readonly memory_bytes: number;
  readonly devices: number;
  /** Of each device's memory; `null` where it is not known. */
  readonly bytes_per_second: number | null;
  /** Whether the user named it, or it is what this machine has: a graphics card, or else the processor's memory. */
  readonly found: 'named' | 'graphics card' | 'processor';
}

/** Ports that tell of this machine. */
export interface MachinePorts {
  readonly graphicsCards: GraphicsCards;
  /** Memory that this process may use, in bytes. */
  readonly machineMemoryBytes: () => number;
}

/** What is said of the machine; the rest is asked of it. */
export interface NamedMachine {
  readonly gpu?: string | undefined;
  /** 0 for the processor alone. */
  readonly gpus?: number | undefined;
  readonly memoryBytes?: number | undefined;
}

/**
 * The machine that is named, or this one.
 *
 * @throws ToolkitError `USAGE` for an accelerator that is not known
 */
export async function findMachine(
  { gpu, gpus, memoryBytes }: NamedMachine,
  ports: MachinePorts,
): Promise<Machine> {
  const devices = Math.max(1, gpus ?? 1);
  if (gpu !== undefined && gpus !== 0) {
    const accelerator = findAccelerator(gpu);
    const memory_bytes = memoryBytes ?? usableMemoryBytes(accelerator);
    const bytes_per_second = accelerator.bandwidthGbPerSecond * BYTES_PER_GB;
    return { name: accelerator.name, memory_bytes, devices, bytes_per_second, found: 'named' };
  }
  if (memoryBytes !== undefined) {
    const name = 'the memory that was named';
    return { name, memory_bytes: memoryBytes, devices, bytes_per_second: null, found: 'named' };
  }
  const cards = gpus === 0 ? [] : await ports.graphicsCards.list();
  const [card] = cards;
  if (card === undefined) {
    return {
      name: 'this machine’s processor',
      memory_bytes: ports.machineMemoryBytes(),
      devices: 1,
      bytes_per_second: null,
      found: 'processor',
    };
  }
  return {
    name: card.name,
    memory_bytes: card.memoryBytes,
    devices: gpus ?? 1,
    bytes_per_second: null,
    found: 'graphics card',
  };
}
