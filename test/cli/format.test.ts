import { describe, expect, it } from 'vitest';
import {
  formatBinaryBytes,
  formatBytes,
  formatCount,
  formatDecimal,
  formatDuration,
  formatFigure,
  formatParameters,
} from '../../src/cli/format.js';

describe('numbers for people', () => {
  it('groups thousands', () => {
    expect(formatCount(124_439_808)).toBe('124,439,808');
    expect(formatCount(999)).toBe('999');
    expect(formatDecimal(4200.5, 1)).toBe('4,200.5');
    expect(formatDecimal(-1234.5, 2)).toBe('-1,234.50');
  });

  it('names decimal and binary units exactly: 80 GB is 74.51 GiB', () => {
    expect(formatBytes(80e9)).toBe('80.00 GB');
    expect(formatBinaryBytes(80e9)).toBe('74.51 GiB');
    expect(formatBinaryBytes(2 ** 30)).toBe('1.00 GiB');
    expect(formatBytes(4.2e12)).toBe('4,200.00 GB');
    expect(formatBytes(512)).toBe('512 B');
    expect(formatBytes(1500)).toBe('1.50 kB');
  });

  it('never prints a full thousand of the smaller unit', () => {
    expect(formatBytes(999_999_999)).toBe('1.00 GB');
    expect(formatBinaryBytes(2 ** 30 - 1)).toBe('1.00 GiB');
  });

  it('speaks of parameters as people do', () => {
    expect(formatParameters(7e9)).toBe('7B');
    expect(formatParameters(124_439_808)).toBe('124.4M');
    expect(formatParameters(1.76e11)).toBe('176B');
    expect(formatParameters(999_999_999)).toBe('1B');
    expect(formatParameters(512)).toBe('512');
  });

  it('gives durations in the unit that fits', () => {
    expect(formatDuration(0.25)).toBe('250 ms');
    expect(formatDuration(0.9999)).toBe('1.0 s');
    expect(formatDuration(3.21)).toBe('3.2 s');
    expect(formatDuration(59.99)).toBe('1 min 00 s');
    expect(formatDuration(95)).toBe('1 min 35 s');
    expect(formatDuration(3599.9)).toBe('1 h 00 min');
    expect(formatDuration(7300)).toBe('2 h 02 min');
    expect(formatDuration(200 * 3600)).toBe('8.3 days');
  });

  it('keeps four significant digits of a measurement', () => {
    expect(formatFigure(2.302585)).toBe('2.303');
    expect(formatFigure(18403.7)).toBe('18,404');
    expect(formatFigure(0.00001234567)).toBe('0.00001235');
    expect(formatFigure(3e-9)).toBe('3.000e-9');
    expect(formatFigure(0)).toBe('0');
    expect(formatFigure(NaN)).toBe('NaN');
  });
});
