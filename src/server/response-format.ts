import { z } from 'zod';
import { anyObject, type Grammar } from '../core/generation/json-automaton.js';
import { jsonSchemaGrammar } from '../core/generation/json-schema-grammar.js';
import { ApiError } from './api-error.js';

/** `response_format` as OpenAI has it. */
export const responseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: z.string().nullish(),
      description: z.string().nullish(),
      schema: z.record(z.string(), z.unknown()),
      strict: z.boolean().nullish(),
    }),
  }),
]);

/**
 * What an answer must look like.
 *
 * @throws ApiError 400 for schemas that are not of objects; what `jsonSchemaGrammar` throws
 */
export function grammarOf(format: z.output<typeof responseFormat> | null | undefined): Grammar | undefined {
  if (format == null || format.type === 'text') return undefined;
  if (format.type === 'json_object') return anyObject;
  const { schema } = format.json_schema;
  if (schema['type'] !== 'object') {
    throw new ApiError(400, 'The schema must be of an object: "type": "object".', {
      param: 'response_format',
    });
  }
  return jsonSchemaGrammar(schema);
}
