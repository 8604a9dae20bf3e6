import { EventEmitter } from 'node:events';
import type { FastifyReply } from 'fastify';
import { expect, it } from 'vitest';
import { ClientGone } from '../../src/server/api-error.js';
import { requestBounds } from '../../src/server/request-bounds.js';

it.each([true, false])('ends at once for a client that has gone already: %s', (isGone) => {
  const raw = Object.assign(new EventEmitter(), { destroyed: isGone, writableFinished: false });
  const bounds = requestBounds({ raw } as unknown as FastifyReply, 60);
  expect(bounds.signal.aborted).toBe(isGone);
  raw.emit('close');
  expect(bounds.signal.reason).toBeInstanceOf(ClientGone);
  bounds.release();
  expect(raw.listenerCount('close')).toBe(0);
});

it('lets many prompts listen without a warning among the lines of the log', async () => {
  const raw = Object.assign(new EventEmitter(), { destroyed: false, writableFinished: false });
  const bounds = requestBounds({ raw } as unknown as FastifyReply, 60);
  const warnings: Error[] = [];
  const onWarning = (warning: Error): number => warnings.push(warning);
  process.on('warning', onWarning);
  for (let count = 0; count < 40; count++) bounds.signal.addEventListener('abort', () => undefined);
  await new Promise(setImmediate);
  process.off('warning', onWarning);
  bounds.release();
  expect(warnings).toEqual([]);
});
