import { z } from 'zod';

/** A list whose length is checked before its entries are: millions of wrong ones would be told one by one. */
export function boundedList<T extends z.ZodType>(item: T, least: number, most: number) {
  const hasLength = (value: unknown): boolean =>
    Array.isArray(value) && value.length >= least && value.length <= most;
  return z.custom<unknown[]>(hasLength, `must be a list of ${least} to ${most} entries`).pipe(z.array(item));
}

/** An object of many names whose number is checked before what they stand for. */
export function boundedRecord<K extends z.ZodString, T extends z.ZodType>(key: K, value: T, most: number) {
  const hasSize = (object: unknown): boolean =>
    typeof object === 'object' && object !== null && Object.keys(object).length <= most;
  return z
    .custom<Record<string, unknown>>(hasSize, `must be an object of at most ${most} entries`)
    .pipe(z.record(key, value));
}
