import type { FastifyReply, FastifyRequest } from 'fastify';
import { quoteName } from '../core/checkpoints/quote-name.js';
import type { ServedModel } from '../core/serving/served-model.js';
import { ApiError } from './api-error.js';
import { requestBounds } from './request-bounds.js';
import type { ServerContext } from './server-context.js';

/**
 * Runs a request with a model, as long as its client waits and its time is not over.
 *
 * @throws ApiError 404 for a name that no model has
 */
export async function withModel<Result>(
  { models, settings }: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  use: (model: ServedModel, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const bounds = requestBounds(reply, settings.timeoutSeconds);
  try {
    const lease = await models.lease(name);
    if (lease === undefined) {
      throw new ApiError(
        404,
        `There is no model ${quoteName(name)}; there are ${models.modelNames.join(', ')}.`,
        { code: 'model_not_found', param: 'model' },
      );
    }
    request.facts.model = name;
    try {
      return await use(lease.model, bounds.signal);
    } finally {
      lease.release();
    }
  } finally {
    bounds.release();
  }
}
