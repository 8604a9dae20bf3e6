import { z } from 'zod';
import { tool, ToolError } from '../tool.js';

/** The time of a clock, in any time zone. */
export const currentTime = (now: () => Date) =>
  tool({
    name: 'current_time',
    description: 'Tells date, weekday and time now, in UTC or in a time zone such as Europe/Berlin.',
    inputSchema: z.strictObject({ time_zone: z.string().default('UTC') }),
    run({ time_zone: timeZone }) {
      try {
        return new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long', timeZone }).format(
          now(),
        );
      } catch {
        throw new ToolError(`there is no time zone ${timeZone}`);
      }
    },
  });
