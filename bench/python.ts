import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Participant } from './participant.js';

/** A Python that has PyTorch and transformers. */
export interface Python {
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
}

const VERSIONS = `
import importlib.metadata as m, json, platform
import torch, transformers
versions = {"python": platform.python_version()}
for name in ("torch", "transformers", "peft"):
    try: versions[name] = m.version(name)
    except m.PackageNotFoundError: pass
print(json.dumps(versions))
`;

/**
 * Finds the Python that $GENAI_BENCH_PYTHON names, or else the one on the path.
 *
 * @returns why there is none, as text
 */
export async function findPython(): Promise<Python | string> {
  const command = process.env['GENAI_BENCH_PYTHON'] ?? (process.platform === 'win32' ? 'python' : 'python3');
  try {
    const { stdout } = await promisify(execFile)(command, ['-c', VERSIONS]);
    return { command, versions: JSON.parse(stdout) as Record<string, string> };
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    const reason = stderr?.trim().split('\n').at(-1) || message;
    return `${command}: ${reason} (set GENAI_BENCH_PYTHON to a Python with torch, transformers and peft)`;
  }
}

/** PyTorch as a participant. */
export function pytorchParticipant({ command }: Python, threads: number): Participant {
  const script = fileURLToPath(new URL('pytorch.py', import.meta.url));
  return new Participant('PyTorch', command, [script], {
    ...process.env,
    OMP_NUM_THREADS: String(threads),
    // Models are made from configurations here; nothing may be looked up.
    HF_HUB_OFFLINE: '1',
  });
}
