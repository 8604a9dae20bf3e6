import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import EstimateQuantize from '../../../src/commands/estimate/quantize.js';
import type { QuantizationEstimate } from '../../../src/lifecycle/estimate/quantize.js';
import { runCommand } from '../../cli/run-command.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-quantize-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function estimate(...argv: string[]): Promise<QuantizationEstimate> {
  const { stdout, error } = await runCommand(EstimateQuantize, [...argv, '--json']);
  if (error !== undefined) throw error;
  return JSON.parse(stdout) as QuantizationEstimate;
}

describe('genai estimate quantize', () => {
  it('gives the memory of the course notes: 4, 2 and 1 bytes per parameter in FP32, FP16 and BF16, INT8', async () => {
    const { formats } = await estimate('1B');
    const bytes = Object.fromEntries(formats.map(({ id, weights_bytes }) => [id, weights_bytes]));
    expect(bytes).toMatchObject({ fp32: 4e9, fp16: 2e9, bf16: 2e9, int8: 1e9 });
    for (const { weights_bytes, saved_share, derivation } of formats) {
      expect(weights_bytes).toBe(Math.round(4e9 * (1 - saved_share)));
      expect(derivation.value).toBe(weights_bytes);
    }
  });

  // What PyTorch casts 3.141592 to: 3.140625 in float16 and bfloat16, 3.25 and 3.0 in the two 8-bit formats.
  it('shows what becomes of a number', async () => {
    const { formats, range } = await estimate('1B', '--value', '3.141592');
    const rounded = Object.fromEntries(formats.map((format) => [format.id, format.rounded]));
    expect(rounded).toMatchObject({ fp16: 3.140625, bf16: 3.140625, 'fp8-e4m3': 3.25, 'fp8-e5m2': 3 });
    expect(range).toBe(4);
    expect(rounded['int8']).toBeCloseTo((100 * 4) / 127, 12);
  });

  it('says where a number becomes infinite, and has no relative error of zero', async () => {
    const large = await estimate('1B', '--value', '1e6');
    expect(large.formats.find(({ id }) => id === 'fp16')).toMatchObject({
      rounded: null,
      relative_error: null,
    });
    expect((await runCommand(EstimateQuantize, ['1B', '--value', '1e6'])).stdout).toMatch(/FP16 .* infinite/);
    const zero = await estimate('1B', '--value', '0');
    expect(
      zero.formats.every(({ rounded, relative_error }) => rounded === 0 && relative_error === null),
    ).toBe(true);
  });

  it('prints a table, CSV, derivations and a chart', async () => {
    const { stdout } = await runCommand(EstimateQuantize, ['7B', '--explain']);
    expect(stdout).toMatch(/^BF16 +16 = 1 \+ 8 \+ 7 +3\.39e\+38/m);
    expect(stdout).toMatch(/^INT8 +7\.00 GB +75 % +████/m);
    expect(stdout).toContain('  = parameters · bits / 8\n  with parameters 7,000,000,000; bits 16\n');
    const csv = (await runCommand(EstimateQuantize, ['7B', '--csv'])).stdout.split('\n');
    expect(csv[0]).toMatch(/^id,name,bits,/);
    expect(csv).toHaveLength(10);
    const chart = join(folder, 'formats.html');
    await runCommand(EstimateQuantize, ['7B', '--chart', chart]);
    expect(readFileSync(chart, 'utf8')).toMatch(/^<!doctype html>[^]*<svg[^]*FP8 E4M3[^]*<\/svg>/);
    const again = await runCommand(EstimateQuantize, ['7B', '--chart', chart]);
    expect(again.error).toMatchObject({ code: 'USAGE', hint: expect.stringContaining('--force') });
    const wrong = await runCommand(EstimateQuantize, ['7B', '--chart', join(folder, 'formats.png')]);
    expect(wrong.error).toMatchObject({ code: 'USAGE' });
  });

  it.each([[['7Q']], [['7B', '--value', 'much']], [['7B', '--range', '-1']], [['7B', '--range', '0']]])(
    'refuses %j',
    async (argv) => {
      expect((await runCommand(EstimateQuantize, argv)).error).toMatchObject({ code: 'USAGE' });
    },
  );
});
