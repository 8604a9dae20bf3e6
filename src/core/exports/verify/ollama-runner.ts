import { ToolkitError } from '../../errors/toolkit-error.js';
import { executeChat } from '../ollama/execute-chat.js';
import { executeGoTemplate, parseGoTemplate } from '../ollama/go-template.js';
import type { Modelfile } from '../ollama/modelfile.js';
import type { ExportRunner } from './export-runner.js';

/**
 * A GGUF file as Ollama runs it: conversations go through the Modelfile's template, and what that writes is a prompt like
 * any other, so that the token which begins every prompt is put before it too.
 *
 * @param path of the Modelfile, for messages
 */
export function openOllamaRunner(
  gguf: ExportRunner,
  { template: source, system, parameters }: Modelfile,
  path: string,
): ExportRunner {
  const parsed = source === undefined ? undefined : parseGoTemplate(source);
  const template = source?.includes('.Messages') ? parsed : undefined;
  const write: ExportRunner['renderChat'] = (messages) => {
    if (template !== undefined) return executeChat(template, messages, system);
    throw new ToolkitError(`${path}: the Modelfile has no template of conversations`, 'UNSUPPORTED');
  };
  const prompt = (text: string): string =>
    parsed === undefined || template !== undefined
      ? text
      : executeGoTemplate(parsed, { System: system ?? '', Messages: [], Prompt: text, Response: '' });
  const [before] = gguf.tokenize('', true);
  const begin = before !== undefined && before === gguf.begin?.id ? gguf.begin.text : '';
  return {
    ...gguf,
    name: `${gguf.name}, with the Modelfile`,
    stop: parameters.flatMap(([name, value]) => (name === 'stop' ? [value] : [])),
    // A template without conversations writes every prompt.
    tokenize: (text, addSpecial) => gguf.tokenize(addSpecial ? prompt(text) : text, addSpecial),
    hasChatTemplate: template !== undefined,
    renderChat: (messages) => begin + write(messages),
    encodeChat: (messages) => gguf.tokenize(write(messages), true),
  };
}
