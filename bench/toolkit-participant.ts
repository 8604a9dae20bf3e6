/** The toolkit as a participant. */
import { OnnxRuntimeEngine } from '../src/core/engine/onnxruntime/engine.js';
import { peakMemory, serve, type Memory } from './protocol.js';
import { createWorkload, type Workload } from './workload.js';

const atStart = peakMemory();
let workload: Workload | undefined;

await serve(async (request) => {
  switch (request.do) {
    case 'prepare': {
      const engine = new OnnxRuntimeEngine({ provider: 'cpu', threads: request.threads });
      workload = await createWorkload(engine, request.case);
      return {};
    }
    case 'compute':
      return workload!.run(request.samples);
    case 'memory':
      return { atStart, peak: peakMemory() } satisfies Memory;
  }
});
