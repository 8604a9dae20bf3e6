import { join } from 'node:path';
import type { JsonObject } from '../../checkpoints/json-file.js';
import { deriveTemplate } from '../ollama/derive-template.js';
import { writeModelfile } from '../ollama/modelfile.js';
import type { ExportTarget } from '../export-target.js';
import { gguf, ggufFileName } from './gguf.js';

/** Ollama makes room for a whole context when it loads a model: a long one takes more memory than the weights. */
const LONGEST_CONTEXT = 8192;

/** Name of the file that `ollama create` reads. */
const MODELFILE = 'Modelfile';

/** Settings of `generation_config.json` that Modelfiles know under the same or another name. */
const PARAMETERS = [
  ['temperature', 'temperature'],
  ['top_k', 'top_k'],
  ['top_p', 'top_p'],
  ['min_p', 'min_p'],
  ['repetition_penalty', 'repeat_penalty'],
] as const;

function samplingParameters(generationConfig: JsonObject = {}): [string, string][] {
  return PARAMETERS.flatMap(([name, parameter]): [string, string][] => {
    const value = generationConfig[name];
    return typeof value === 'number' ? [[parameter, String(value)]] : [];
  });
}

/** A GGUF file, and the Modelfile with its template, stop strings and parameters. */
export const ollama: ExportTarget = {
  id: 'ollama',
  description: 'A GGUF file with a Modelfile: ollama create',
  library: 'gguf',
  usage: { language: 'sh', text: ({ name }) => `ollama create ${name} -f Modelfile\nollama run ${name}` },
  precisions: gguf.precisions,
  entry: () => MODELFILE,
  expectedBytes: (request) => gguf.expectedBytes(request),
  async write(request, folder, ports) {
    const { source, generationConfig } = request;
    const { contextLength } = source.model.shape;
    const notes = await gguf.write(request, folder, ports);
    const { template, system, stop, notes: ofTemplate } = deriveTemplate(source.tokenizer);
    const context = Math.min(contextLength, LONGEST_CONTEXT);
    const modelfile = writeModelfile({
      from: ggufFileName(request),
      template,
      system,
      parameters: [
        ...stop.map((text): [string, string] => ['stop', text]),
        ...samplingParameters(generationConfig),
        ['num_ctx', String(context)],
      ],
    });
    await ports.files.writeAtomic(join(folder, MODELFILE), modelfile);
    return [
      ...notes,
      ...ofTemplate,
      ...(context < contextLength
        ? [
            `The Modelfile makes room for ${context} tokens, to save memory; the model reads up to ${contextLength} (num_ctx).`,
          ]
        : []),
    ];
  },
};
