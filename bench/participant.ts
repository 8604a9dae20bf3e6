import { spawn, type ChildProcessByStdio } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Request } from './protocol.js';

/** Lines of a participant's stderr that are shown if it fails. */
const ERROR_LINES = 5;

/** A process that computes when it is asked to, and otherwise waits for a line of input. */
export class Participant {
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly replies: AsyncIterator<string>;
  private errors = '';
  private readonly exit: Promise<string>;

  constructor(
    readonly name: string,
    command: string,
    args: readonly string[],
    environment: NodeJS.ProcessEnv = process.env,
  ) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: environment });
    this.replies = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    // A participant that has died is noticed when it does not answer.
    this.child.stdin.on('error', () => undefined);
    this.exit = new Promise((resolve) => {
      this.child.once('error', ({ message }) => {
        resolve(message);
      });
      this.child.once('close', (code, signal) => {
        resolve(signal === null ? `ended with status ${code ?? 'unknown'}` : `was ended by ${signal}`);
      });
    });
  }

  /** Starts a TypeScript file of this folder. */
  static ofFile(name: string, file: string): Participant {
    const path = fileURLToPath(new URL(file, import.meta.url));
    return new Participant(name, process.execPath, ['--import', import.meta.resolve('tsx'), path]);
  }

  async ask<Reply extends object>(request: Request): Promise<Reply> {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = await this.replies.next();
    if (answer.done === true) {
      const reason = [await this.exit, ...this.errors.trim().split('\n').slice(-ERROR_LINES)];
      throw new Error(`${this.name}: ${reason.join('\n')}`);
    }
    const reply = JSON.parse(answer.value) as Reply | { error: string };
    if ('error' in reply) throw new Error(`${this.name}: ${reply.error}`);
    return reply;
  }

  /** Ends the process and waits until its memory is free again. */
  async end(): Promise<void> {
    this.child.stdin.end();
    this.child.kill('SIGKILL');
    await this.exit;
  }
}
