/** What is known of a request once it is over, or until then: for the log and the metrics. */
export interface RequestFacts {
  /** The pattern of the route, not what the client wrote. */
  route: string;
  status: number;
  seconds: number;
  model?: string;
  isStream?: boolean;
  promptTokens: number;
  completionTokens: number;
  /** Seconds from the request to the first token. */
  firstTokenSeconds?: number;
  /** Prompts, if they are to be logged. */
  prompts?: readonly string[];
  /** What went wrong inside, for the log alone. */
  fault?: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    facts: RequestFacts;
    /** Milliseconds since 1970 at which the request came. */
    began: number;
  }
}
