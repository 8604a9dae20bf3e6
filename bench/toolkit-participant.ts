/** The toolkit as a participant. */
import { OnnxRuntimeEngine } from '../src/core/engine/onnxruntime/engine.js';
import { peakMemory, serve, type Memory } from './protocol.js';
import { GenerationWorkload, TrainingWorkload } from './workload.js';

let atStart: number | null = null;
let training: TrainingWorkload | undefined;
let generation: GenerationWorkload | undefined;

await serve(async (request) => {
  switch (request.do) {
    case 'prepare': {
      atStart = peakMemory();
      const engine = new OnnxRuntimeEngine({ provider: 'cpu', threads: request.threads });
      if (request.case.kind === 'training') training = await TrainingWorkload.create(engine, request.case);
      else generation = await GenerationWorkload.create(engine, request.case);
      return {};
    }
    case 'train':
      return training!.run(request.batches);
    case 'generate':
      return generation!.run(request.prompts);
    case 'memory':
      return { atStart, peak: peakMemory() } satisfies Memory;
    case 'multiply':
      throw new Error('this participant multiplies no bare matrices');
  }
});
