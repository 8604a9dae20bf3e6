/** As many requests wait as may wait; a later attempt can succeed. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';

  /** @param waiting requests that wait */
  constructor(readonly waiting: number) {
    super(`${waiting} requests wait already`);
  }
}
