import { describe, expect, it } from 'vitest';
import { PatientCaller } from '../../../src/core/providers/patient-caller.js';
import { ProviderFault } from '../../../src/core/providers/provider-fault.js';
import { retryAfterSeconds } from '../../../src/core/providers/retry-after.js';
import { Random } from '../../../src/core/training/random.js';
import { systemClock } from '../../../src/platform/clock.js';
import { FakeClock } from './fake-ports.js';

const busy = (retryAfterSeconds?: number): ProviderFault =>
  new ProviderFault('busy', undefined, { mayPass: true, concernsAll: false, retryAfterSeconds });

describe('PatientCaller', () => {
  it('pauses twice as long each time, up to a minute, and up to half of it less by chance', async () => {
    const clock = new FakeClock(Infinity);
    const caller = new PatientCaller(
      'p',
      { retries: 9, timeoutSeconds: null },
      clock,
      new Random(1),
      undefined,
    );
    await expect(caller.call(() => Promise.reject(busy()))).rejects.toThrow('busy');
    const longest = [0.5, 1, 2, 4, 8, 16, 32, 60, 60];
    expect(clock.pauses).toHaveLength(longest.length);
    const shares = clock.pauses.map((pause, index) => pause / 1000 / longest[index]!);
    for (const share of shares) expect(share).toBeGreaterThanOrEqual(0.5);
    for (const share of shares) expect(share).toBeLessThan(1);
    expect(new Set(shares).size).toBe(shares.length);
  });

  it('leaves a service in peace for all calls when one is told to wait', async () => {
    let wake = (): void => undefined;
    const clock = new FakeClock(Infinity);
    // Time stands still until it is let go on.
    clock.sleep = (milliseconds) =>
      new Promise((resolve) => {
        const { time } = clock;
        const before = wake;
        wake = () => {
          before();
          clock.time = Math.max(clock.time, time + milliseconds);
          resolve();
        };
      });
    const caller = new PatientCaller(
      'p',
      { retries: 1, timeoutSeconds: null },
      clock,
      new Random(1),
      undefined,
    );
    const start = clock.now();
    const asked: number[] = [];
    const first = caller.call(async () => {
      asked.push(clock.now() - start);
      if (asked.length === 1) throw busy(20);
    });
    await new Promise((resolve) => setImmediate(resolve));
    const second = caller.call(async () => void asked.push(clock.now() - start));
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toEqual([0]);
    wake();
    await Promise.all([first, second]);
    expect(asked).toHaveLength(3);
    for (const time of asked.slice(1)) expect(time).toBeGreaterThanOrEqual(20_000);
  });

  it('does not wait for hours', async () => {
    const clock = new FakeClock(Infinity);
    const caller = new PatientCaller(
      'p',
      { retries: 1, timeoutSeconds: null },
      clock,
      new Random(1),
      undefined,
    );
    await expect(caller.call(() => Promise.reject(busy(400)))).rejects.toThrow('wants a pause of 400 s');
    expect(clock.pauses).toEqual([]);
  });

  it('waits no longer for one that does not listen', async () => {
    const patience = { retries: 0, timeoutSeconds: 0.02 };
    const caller = new PatientCaller('p', patience, systemClock, new Random(1), undefined);
    await expect(caller.call(() => new Promise(() => undefined))).rejects.toThrow(
      'p did not answer within 0.02 s',
    );
  });

  it('stops at the signal, also while it pauses', async () => {
    const stop = new AbortController();
    const patience = { retries: 3, timeoutSeconds: 10 };
    const caller = new PatientCaller('p', patience, systemClock, new Random(1), stop.signal);
    setTimeout(() => stop.abort(new Error('enough')), 20);
    await expect(caller.call(() => Promise.reject(busy()))).rejects.toThrow('enough');
    await expect(caller.call(() => expect.fail('it was asked'))).rejects.toThrow('enough');
  });
});

describe('retryAfterSeconds', () => {
  it('reads a date, as in RFC 9110', () => {
    const headers = new Headers({ 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' });
    expect(retryAfterSeconds(headers, Date.UTC(1999, 11, 31, 23, 59, 29))).toBe(30);
    expect(retryAfterSeconds(headers, Date.UTC(2000, 0, 1))).toBe(0);
    expect(retryAfterSeconds(new Headers(), 0)).toBeUndefined();
  });
});
