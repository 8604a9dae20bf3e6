import { describe, expect, it } from 'vitest';
import { StopStringFilter } from '../../../src/core/generation/stop-strings.js';

/** What comes through, piece by piece, and whether it was stopped. */
function run(stops: string[], pieces: string[]): { shown: string[]; stopped: boolean } {
  const filter = new StopStringFilter(stops);
  const shown = pieces.map((piece) => filter.push(piece));
  const { stopped } = filter;
  return { shown: [...shown, filter.end()], stopped };
}

describe('StopStringFilter', () => {
  it('lets everything through at once when nothing looks like a stop string', () => {
    expect(run(['STOP'], ['one ', 'two'])).toEqual({ shown: ['one ', 'two', ''], stopped: false });
    expect(run([], ['one'])).toEqual({ shown: ['one', ''], stopped: false });
  });

  it('never shows a stop string, whether in one piece or in many', () => {
    expect(run(['STOP'], ['one STOP two', 'three'])).toEqual({ shown: ['one ', '', ''], stopped: true });
    expect(run(['STOP'], ['one S', 'T', 'O', 'P two'])).toEqual({
      shown: ['one ', '', '', '', ''],
      stopped: true,
    });
  });

  it('gives back what only looked like the beginning of one', () => {
    expect(run(['STOP'], ['a ST', 'EP'])).toEqual({ shown: ['a ', 'STEP', ''], stopped: false });
    expect(run(['STOP'], ['a ST'])).toEqual({ shown: ['a ', 'ST'], stopped: false });
  });

  it('keeps the part of a failed beginning that may begin another one', () => {
    // After "aa" + "ab" the text is "aaab": the stop string begins at its second character.
    expect(run(['aab'], ['aa', 'ab'])).toEqual({ shown: ['', 'a', ''], stopped: true });
  });

  it('stops at the one that comes first', () => {
    expect(run(['two', 'one'], ['x one two'])).toEqual({ shown: ['x ', ''], stopped: true });
    expect(run(['\n\n', '\nUser:'], ['Hi\n', 'User: '])).toEqual({ shown: ['Hi', '', ''], stopped: true });
  });
});
