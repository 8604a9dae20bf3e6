import type { z } from 'zod';

/** Something that the agent can do. */
export interface Tool {
  readonly name: string;
  /** What it does, for the model. */
  readonly description: string;
  readonly inputSchema: z.ZodObject;
  /** Whether it changes anything outside the program: the user is then asked first. */
  readonly hasEffect: boolean;
  /** @throws ToolError where it cannot be done; the model is told why, and may try something else */
  run(input: unknown): string | Promise<string>;
}

/** A failure that the model is told of. */
export class ToolError extends Error {}

/** A tool whose input has been checked before it runs. */
export function tool<Schema extends z.ZodObject>(definition: {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Schema;
  readonly hasEffect?: boolean;
  run(input: z.output<Schema>): string | Promise<string>;
}): Tool {
  return {
    hasEffect: false,
    ...definition,
    run: (input) => definition.run(definition.inputSchema.parse(input)),
  };
}
