/** The doctor on machines that are made up; test/commands/doctor.test.ts has the one the tests run on. */
import { describe, expect, it } from 'vitest';
import { advice, factRows } from '../../../src/cli/renderers/doctor.js';
import { createReferenceEngine } from '../../../src/core/engine/reference-engine.js';
import { ToolkitError } from '../../../src/core/errors/toolkit-error.js';
import { doctor, type DoctorPorts, type DoctorReport } from '../../../src/lifecycle/doctor/doctor.js';

const GIB = 2 ** 30;

function portsOf(changes: Partial<DoctorPorts> & { node?: string } = {}): DoctorPorts {
  const { node = 'v20.19.0', ...others } = changes;
  return {
    toolkit: { version: '1.2.3', minimumNode: '20.19' },
    process: {
      residentBytes: () => GIB,
      peakBytes: () => GIB,
      describe: () => ({
        node,
        platform: 'linux',
        architecture: 'x64',
        processor: 'Example 9000',
        cores: 8,
        memory_bytes: 32 * GIB,
      }),
    },
    resources: {
      freeMemoryBytes: () => 3 * GIB,
      memoryLimitBytes: () => 4 * GIB,
      freeDiskBytes: async () => 12.5e9,
    },
    probes: {
      onnxRuntime: async () => ({
        version: '1.30.0',
        providers: [
          { name: 'cpu', available: true },
          { name: 'webgpu', available: false, problem: 'no adapter' },
          { name: 'cuda', available: false, problem: 'no library' },
        ],
      }),
      tensorflow: async () => ({ installed: true, package: 'p', version: '4.22.0', gpu: true }),
    },
    createEngine: () => fastEngine(),
    now: () => performance.now(),
    ...others,
  };
}

const examine = (ports: DoctorPorts): Promise<DoctorReport> => doctor({ folder: '/project' }, ports);

describe('the doctor', () => {
  it('reports what it was told, in its JSON names', async () => {
    const report = await examine(portsOf({ createEngine: createReferenceEngine }));
    expect(report).toMatchObject({
      ready: true,
      toolkit: { version: '1.2.3' },
      machine: { cores: 8, memory_bytes: 32 * GIB, free_memory_bytes: 3 * GIB, memory_limit_bytes: 4 * GIB },
      disk: { folder: '/project', free_bytes: 12.5e9 },
      speed: { engine: 'reference', device: 'cpu', matrix_size: 256 },
    });
    expect(report.engines.map(({ engine, device, available }) => [engine, device, available])).toEqual([
      ['onnxruntime', 'cpu', true],
      ['onnxruntime', 'webgpu', false],
      ['onnxruntime', 'cuda', false],
      ['tensorflow', 'cuda', true],
      ['reference', 'cpu', true],
    ]);
    const facts = Object.fromEntries(factRows(report) as [string, string][]);
    expect(facts['Memory']).toBe('32.00 GiB, of which this process may use 4.00 GiB; 3.00 GiB free');
    expect(facts['Disk']).toBe('12.50 GB free in /project');
    expect(facts['Processor']).toBe('Example 9000, 8 cores');
  });

  it('counts 2 n³ operations in a product of n × n matrices', async () => {
    let time = 0;
    // Each reading of the clock is 1 ms after the one before: 2 × 256³ operations in 1 ms are 33.55 GFLOP/s, the
    // next chain, 2 × 1024³ operations, 2,147 GFLOP/s, and so on to the longest of 512 products.
    const report = await examine(portsOf({ now: () => time++ }));
    expect(report.speed).toEqual({
      engine: 'reference',
      device: 'cpu',
      matrix_size: 1024,
      gflop_per_second: (2 * 1024 ** 3 * 512) / 1e6,
    });
  });

  it.each([
    ['v20.19.0', true],
    ['v20.20.2', true],
    ['v22.0.0', true],
    ['v20.9.0', false],
    ['v18.20.8', false],
  ])('compares versions by their numbers: %s', async (node, supported) => {
    const report = await examine(portsOf({ node }));
    expect(report.node).toEqual({ version: node, minimum: '20.19', supported });
    expect(advice(report).some((text) => text.startsWith('Node: '))).toBe(!supported);
  });

  it('advises what is missing, with what to type', async () => {
    const texts = advice(await examine(portsOf()));
    expect(texts).toHaveLength(2);
    expect(texts[0]).toMatch(/^onnxruntime on webgpu: no adapter\. .*Vulkan/);
    // onnxruntime-node 1.30's README and script/install-utils.js; its CUDA provider is for CUDA 12.
    expect(texts[1]).toMatch(/^onnxruntime on cuda: no library\. .*CUDA 12, cuDNN 9/);
    expect(texts[1]).toContain('ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node');
  });

  it('reports an engine that cannot be made, and a library that cannot be loaded', async () => {
    const ports = portsOf({
      createEngine: () => Promise.reject(new ToolkitError('no such device', 'ENGINE', 'Buy one.')),
    });
    const report = await examine({
      ...ports,
      probes: {
        ...ports.probes!,
        onnxRuntime: () => Promise.reject(new Error('GLIBC_2.27 not found\nmore')),
      },
    });
    expect(report).toMatchObject({
      ready: false,
      speed: null,
      failure: { problem: 'no such device', advice: 'Buy one.' },
    });
    expect(report.engines[0]).toMatchObject({
      available: false,
      version: null,
      problem: 'onnxruntime-node does not load: GLIBC_2.27 not found',
      advice: expect.stringContaining('glibc'),
    });
    expect(advice(report)[0]).toBe('Not ready: no such device. Buy one.');
  });

  it('does not trust an engine that computes wrong numbers', async () => {
    const report = await examine(portsOf({ createEngine: () => fastEngine(0.5) }));
    expect(report).toMatchObject({
      ready: false,
      failure: { problem: expect.stringContaining('a product that is 1 came out as 0.5') },
    });
  });
});

/** An engine that answers at once, and always the same. */
async function fastEngine(answer = 1): Promise<Awaited<ReturnType<typeof createReferenceEngine>>> {
  const engine = await createReferenceEngine();
  engine.compile = async () => ({
    outputs: {},
    run: async () => ({ corner: Float32Array.of(answer) }),
    dispose: async () => undefined,
  });
  return engine;
}
