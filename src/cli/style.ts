import { Chalk, type ChalkInstance } from 'chalk';
import type { TextOutput } from './ports.js';

/** The colours of the toolkit's text, named for what they mark. */
export interface Style {
  heading(text: string): string;
  faint(text: string): string;
  error(text: string): string;
  warning(text: string): string;
  good(text: string): string;
}

/** The style for one stream: without any colour code where the stream cannot or must not carry them. */
export function styleFor(output: TextOutput): Style {
  const chalk: ChalkInstance = new Chalk({ level: output.colorLevel });
  return {
    heading: chalk.bold,
    faint: chalk.dim,
    error: chalk.red,
    warning: chalk.yellow,
    good: chalk.green,
  };
}
