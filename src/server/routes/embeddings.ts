import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ApiError } from '../api-error.js';
import { readBody } from '../read-body.js';
import type { ServerContext } from '../server-context.js';
import { textInputs, tokensOf } from '../text-inputs.js';
import { usageOf } from '../usage.js';
import { withModel } from '../with-model.js';

/** Texts of one request at most, as in OpenAI's interface. */
const MOST_INPUTS = 2048;

const embeddingsBody = z.strictObject({
  model: z.string(),
  input: textInputs(MOST_INPUTS),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().positive().nullish(),
  user: z.string().nullish(),
});

/** A vector divided by its Euclidean length, as OpenAI's are. */
function toUnitLength(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}

function encodeVector(vector: Float32Array, format: 'float' | 'base64'): number[] | string {
  if (format === 'float') return [...vector];
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
}

/** `POST /v1/embeddings`: texts as vectors of length 1, the mean of their final hidden states. */
export function embeddingsRoute(server: FastifyInstance, context: ServerContext): void {
  server.post('/v1/embeddings', async (request, reply) => {
    const {
      model: name,
      input: inputs,
      encoding_format: format,
      dimensions,
    } = readBody(embeddingsBody, request.body);
    const { facts } = request;
    return withModel(context, request, reply, name, async (model, signal) => {
      if (dimensions != null && dimensions !== model.hidden) {
        throw new ApiError(400, `The model's vectors have ${model.hidden} dimensions.`, {
          param: 'dimensions',
        });
      }
      // One more than a slot holds: nothing comes after what is embedded.
      const texts = await tokensOf(model, inputs, model.contextLength + 1, 'input', signal);
      facts.promptTokens = texts.reduce((sum, { length }) => sum + length, 0);
      if (context.settings.logPrompts) facts.prompts = inputs.map(String);
      const vectors = await model.scheduler.embed(texts, signal);
      return {
        object: 'list',
        data: vectors.map((vector, index) => ({
          object: 'embedding',
          index,
          embedding: encodeVector(toUnitLength(vector), format ?? 'float'),
        })),
        model: name,
        usage: usageOf(facts),
      };
    });
  });
}
