import type { InferenceSession } from 'onnxruntime-node';

/**
 * A session that lives until nobody needs it any more. ONNX Runtime frees the GPU buffers of a session's results through
 * that session: released before them, it takes the process down.
 */
export class SharedSession {
  private holders = 1;

  constructor(readonly session: InferenceSession) {}

  /** Says that there is one more holder, who will call {@link release}. */
  retain(): this {
    this.holders++;
    return this;
  }

  /** Says that a holder is done with the session. */
  async release(): Promise<void> {
    this.holders--;
    if (this.holders === 0) await this.session.release();
  }
}
