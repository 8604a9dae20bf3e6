import { ToolkitError } from '../errors/toolkit-error.js';
import { didYouMean } from '../near-matches.js';
import type { Accelerator } from './accelerator.js';
import { ACCELERATORS } from './accelerators.js';

/** Ids meant by a name that fits several, the first that fits: `A100` is a100-80, `A100 PCIe` is a100-pcie-80. */
const DEFAULTS: readonly string[] = ['v100-16', 'a100-80', 'a100-pcie-80', 'h100-sxm'];

/** Words that tell no two accelerators of the table apart. */
const NOISE = new Set(
  'nvidia geforce rtx tesla amd instinct intel habana aws google cloud tpu apple gpu oam ac'.split(' '),
);
const FORM = /^(sxm|pcie|nvl)\d*$/;
const MEMORY_TYPE = /^hbm\d*e?$/;
/** A size of memory, whose unit may be left out from 16 on: `A100 80`, but `Gaudi 2`. */
const MEMORY = /^(?<size>\d+)(?:g|gb|gib)$|^(?<bare>1[6-9]|[2-9]\d|[1-5]\d\d)$/;

interface Description {
  readonly model: string;
  readonly form?: string;
  readonly memoryGb?: number;
}

function describe(name: string): Description {
  const words = name
    .toLowerCase()
    .replace(/\([^)]*\)/g, ' ')
    .replace(/sxm\d*|pcie|nvl|hbm\d*e?|rtx|tpu/g, ' $& ')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '' && !NOISE.has(word) && !MEMORY_TYPE.test(word));
  const form = words.map((word) => FORM.exec(word)?.[1]).find((found) => found !== undefined);
  const rest = words.filter((word) => !FORM.test(word));
  const memory = rest.slice(1).findIndex((word) => MEMORY.test(word)) + 1;
  const { size, bare } = (memory > 0 && MEMORY.exec(rest[memory]!)?.groups) || {};
  return {
    model: rest.filter((_, index) => memory === 0 || index !== memory).join(''),
    ...(form !== undefined && { form }),
    ...(memory > 0 && { memoryGb: Number(size ?? bare) }),
  };
}

function fits(wanted: Description, accelerator: Accelerator): boolean {
  const named = describe(accelerator.name);
  const { memoryGb, memoryOptionsGb = [memoryGb] } = accelerator;
  return (
    [named.model, describe(accelerator.id).model].includes(wanted.model) &&
    (wanted.form === undefined || named.form === undefined || wanted.form === named.form) &&
    (wanted.memoryGb === undefined || memoryOptionsGb.includes(wanted.memoryGb))
  );
}

/**
 * The accelerator of a name as people write it or drivers print it: `a100`, `A100 80GB`, `RTX 4090`,
 * `NVIDIA H100 80GB HBM3`, `Apple M2 Max 64GB`. A name that fits several means the one of {@link DEFAULTS}, and one
 * without a size of memory means the largest it is sold with.
 *
 * @throws ToolkitError `USAGE` with the nearest names and all ids, for a name that fits none
 */
export function findAccelerator(name: string): Accelerator {
  const id = name.trim().toLowerCase();
  const exact = ACCELERATORS.find((accelerator) => accelerator.id === id);
  if (exact) return exact;
  const wanted = describe(name);
  const fitting = ACCELERATORS.filter((accelerator) => fits(wanted, accelerator));
  const preferred = DEFAULTS.find((candidate) => fitting.some((accelerator) => accelerator.id === candidate));
  const found = fitting.find((accelerator) => accelerator.id === preferred) ?? fitting[0];
  if (found) return found.unifiedMemory ? { ...found, memoryGb: wanted.memoryGb ?? found.memoryGb } : found;

  const ids = ACCELERATORS.map((accelerator) => accelerator.id);
  const near = didYouMean(name, [...ids, ...ACCELERATORS.map((accelerator) => accelerator.name)]);
  throw new ToolkitError(
    `No accelerator is known as ${JSON.stringify(name)}`,
    'USAGE',
    `${near === undefined ? '' : `${near} `}Known: ${ids.join(', ')}.`,
  );
}
