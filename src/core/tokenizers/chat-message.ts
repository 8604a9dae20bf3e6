/** One turn of a conversation, in the shape that published chat templates read. */
export interface ChatMessage {
  /** `system`, `user`, `assistant`, `tool`, or whatever else the model's chat template knows. */
  readonly role: string;
  readonly content: string;
}
