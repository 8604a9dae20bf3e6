/** There is more to do than may wait; a later attempt can succeed. The message says what there is too much of. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
}
