import type { DoctorReport } from '../../lifecycle/doctor/doctor.js';
import { formatBinaryBytes, formatBytes, formatCount, formatFigure } from '../format.js';
import type { Column } from '../table.js';

export const FACT_COLUMNS: readonly Column[] = [{ title: 'What' }, { title: 'found' }];

export const ENGINE_COLUMNS: readonly Column[] = [
  { title: 'Engine' },
  { title: 'device' },
  { title: 'version' },
  { title: 'works' },
];

function describeMemory({ machine }: DoctorReport): string {
  const limit = machine.memory_limit_bytes;
  const granted = limit === null ? '' : `, of which this process may use ${formatBinaryBytes(limit)}`;
  return `${formatBinaryBytes(machine.memory_bytes)}${granted}; ${formatBinaryBytes(machine.free_memory_bytes)} free`;
}

function describeSpeed({ speed }: DoctorReport): string {
  if (speed === null) return 'not measured: the engine does not compute';
  const { engine, device, matrix_size: size, gflop_per_second: rate } = speed;
  return (
    `${formatFigure(rate)} GFLOP/s by ${engine} on ${device}, ` +
    `in float32 products of ${formatCount(size)} × ${formatCount(size)} matrices`
  );
}

/** Everything but the engines. */
export function factRows(report: DoctorReport): string[][] {
  const { toolkit, node, machine, disk } = report;
  return [
    ['Toolkit', toolkit.version],
    ['Node', node.supported ? node.version : `${node.version}, too old: ${node.minimum} or newer is needed`],
    ['System', `${machine.platform} ${machine.architecture}`],
    [
      'Processor',
      `${machine.processor}, ${formatCount(machine.cores)} ${machine.cores === 1 ? 'core' : 'cores'}`,
    ],
    ['Memory', describeMemory(report)],
    [
      'Disk',
      disk.free_bytes === null ? 'not known' : `${formatBytes(disk.free_bytes)} free in ${disk.folder}`,
    ],
    ['Speed', describeSpeed(report)],
  ];
}

/** A row for each way to compute. */
export function engineRows({ engines }: DoctorReport): string[][] {
  return engines.map(({ engine, device, version, available }) => [
    engine,
    device,
    version ?? '-',
    available ? 'yes' : 'no',
  ]);
}

/** What is missing and what to do about it, the most pressing first. */
export function advice({ node, engines, failure }: DoctorReport): string[] {
  const sentences = (...texts: (string | null)[]): string => texts.filter((text) => text !== null).join('. ');
  return [
    ...(failure === null ? [] : [`Not ready: ${sentences(failure.problem, failure.advice)}`]),
    ...(node.supported ? [] : [`Node: install ${node.minimum} or newer.`]),
    ...engines
      .filter(({ available }) => !available)
      .map((status) => {
        const name = status.engine === 'onnxruntime' ? `${status.engine} on ${status.device}` : status.engine;
        return `${name}: ${sentences(status.problem, status.advice)}`;
      }),
  ];
}
