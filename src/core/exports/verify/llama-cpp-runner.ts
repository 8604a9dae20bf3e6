import type { LlamaCpp, LlamaCppSettings } from '../../../platform/llama-cpp.js';
import { compileChatTemplate } from '../../tokenizers/chat-template.js';
import { ToolkitError } from '../../errors/toolkit-error.js';
import type { ExportRunner } from './export-runner.js';
import { continueGreedily } from './greedy.js';

/**
 * A GGUF file in llama.cpp: tokens, logits and what ends an answer are llama.cpp's own. The chat template is the one in
 * the file, with the file's special tokens.
 *
 * @throws ToolkitError `BAD_CHECKPOINT` for a file that llama.cpp does not load
 */
export async function openLlamaCppRunner(
  llama: LlamaCpp,
  path: string,
  settings: LlamaCppSettings,
): Promise<ExportRunner> {
  const model = await llama.load(path, settings);
  const { begin, end, addsBegin, addsEnd } = model;
  const template =
    model.chatTemplate === undefined
      ? undefined
      : await compileChatTemplate(model.chatTemplate, path, {
          ...(begin && { bos_token: begin.text }),
          ...(end && { eos_token: end.text }),
        });
  const renderChat: ExportRunner['renderChat'] = (messages) => {
    if (template !== undefined) return template.render(messages, { addGenerationPrompt: true });
    throw new ToolkitError(`${path}: the file has no chat template`, 'UNSUPPORTED');
  };
  return {
    name: `llama.cpp (node-llama-cpp ${llama.version})`,
    contextLength: model.contextLength,
    vocabulary: model.vocabulary,
    begin,
    end,
    isEnd: (id) => model.isEnd(id),
    tokenize: (text, addSpecial) => [
      ...(addSpecial && addsBegin && begin ? [begin.id] : []),
      ...model.tokenize(text),
      ...(addSpecial && addsEnd && end ? [end.id] : []),
    ],
    hasChatTemplate: template !== undefined,
    renderChat,
    encodeChat: (messages) => model.tokenize(renderChat(messages)),
    async logits(tokens) {
      await model.clear();
      return model.read(tokens, true);
    },
    async greedy(prompt, count) {
      await model.clear();
      return continueGreedily(
        prompt,
        count,
        (id) => model.isEnd(id),
        async (tokens) => (await model.read(tokens, false))[0]!,
      );
    },
    dispose: () => model.dispose(),
  };
}
