import type { FastifyInstance } from 'fastify';
import { ApiError } from '../api-error.js';
import type { ServerContext } from '../server-context.js';

/** `GET /v1/models` and `GET /v1/models/NAME`: which models there are. */
export function modelsRoute(server: FastifyInstance, { models, created }: ServerContext): void {
  const describe = (id: string): object => ({ id, object: 'model', created, owned_by: 'genai' });
  server.get('/v1/models', () => ({ object: 'list', data: models.modelNames.map(describe) }));
  server.get<{ Params: { name: string } }>('/v1/models/:name', ({ params: { name } }) => {
    if (models.modelNames.includes(name)) return describe(name);
    throw new ApiError(404, 'There is no model of this name.', { code: 'model_not_found', param: 'model' });
  });
}
