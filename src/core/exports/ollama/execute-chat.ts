import type { ChatMessage } from '../../tokenizers/chat-message.js';
import { executeGoTemplate, type GoTemplate } from './go-template.js';

/** What Ollama puts between two messages of one role when it makes one of them (`collate` in its template package). */
const BETWEEN_MESSAGES = '\n\n';

/**
 * Renders a conversation as Ollama does: the Modelfile's system prompt first where the conversation has none, messages of
 * one role in a row as one, and the fields that Ollama hands its templates.
 *
 * @param system of the Modelfile
 */
export function executeChat(
  template: GoTemplate,
  messages: readonly ChatMessage[],
  system: string | undefined,
): string {
  const all =
    system === undefined || messages[0]?.role === 'system'
      ? messages
      : [{ role: 'system', content: system }, ...messages];
  const collated: { Role: string; Content: string }[] = [];
  for (const { role, content } of all) {
    const last = collated.at(-1);
    if (last?.Role === role) last.Content += BETWEEN_MESSAGES + content;
    else collated.push({ Role: role, Content: content });
  }
  const last = messages.at(-1);
  return executeGoTemplate(template, {
    System: all
      .filter(({ role }) => role === 'system')
      .map(({ content }) => content)
      .join(BETWEEN_MESSAGES),
    Messages: collated,
    Prompt: last?.role === 'user' ? last.content : '',
    Response: '',
  });
}
