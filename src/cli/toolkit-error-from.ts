import { stripVTControlCharacters } from 'node:util';
import { Errors } from '@oclif/core';
import { ToolkitError } from '../core/errors/toolkit-error.js';
import { didYouMean } from '../core/near-matches.js';

/** What oclif's parser leaves on its errors; its classes are not part of its public interface. */
interface ParseError extends Errors.CLIError {
  /** Flags that the command does not have, as typed. */
  readonly flags?: readonly string[];
  /** Superfluous words as typed, or definitions of missing arguments. */
  readonly args?: readonly (string | { readonly name: string; readonly description?: string })[];
  readonly parse?: { readonly input?: { readonly flags?: Readonly<Record<string, unknown>> } };
}

/** oclif wraps whatever a flag's parser throws in these words. */
const FLAG_WRAPPING = /^Parsing (--\S+) \n\t([\s\S]*?)(?:\nSee more help with --help)*$/;
const HELP_POINTER = /\nSee more help with --help/g;
const REASONS_HEADING = /^The following errors? occurred:\s*/;
const MISSING_FLAG = /Missing required flag (?!--)(\S+)/g;

function withoutParserWrapping(message: string): string {
  return stripVTControlCharacters(message)
    .replace(FLAG_WRAPPING, '$1: $2')
    .replace(HELP_POINTER, '')
    .replace(REASONS_HEADING, '')
    .replace(MISSING_FLAG, 'Missing required flag --$1')
    .trim();
}

function unknownFlagError(error: ParseError, typed: readonly string[], helpHint: string): ToolkitError {
  const known = Object.keys(error.parse?.input?.flags ?? {}).map((name) => `--${name}`);
  const suggestions = typed.map((flag) => didYouMean(flag, known)).filter((text) => text !== undefined);
  return new ToolkitError(
    `Unknown flag${typed.length > 1 ? 's' : ''} ${typed.join(', ')}`,
    'USAGE',
    [...suggestions, helpHint].join(' '),
    error,
  );
}

function usageErrorFrom(error: ParseError, helpHint: string): ToolkitError {
  if (error.flags !== undefined) return unknownFlagError(error, error.flags, helpHint);
  if (error.args !== undefined) {
    const missing = error.args.filter((argument) => typeof argument !== 'string');
    if (missing.length > 0) {
      const list = missing.map(({ name, description }) => {
        const [summary = ''] = (description ?? '').split('\n');
        return `${name.toUpperCase()}${summary === '' ? '' : ` (${summary.replace(/\.$/, '')})`}`;
      });
      return new ToolkitError(`Missing ${list.join(' and ')}`, 'USAGE', helpHint, error);
    }
    const words = error.args.filter((argument) => typeof argument === 'string');
    return new ToolkitError(`Too many arguments: ${words.join(' ')}`, 'USAGE', helpHint, error);
  }
  return new ToolkitError(withoutParserWrapping(error.message), 'USAGE', helpHint, error);
}

/**
 * Gives every error the one form in which it is reported.
 * @param error whatever was thrown
 * @param command what to type for help on the command that threw, e.g. `genai estimate memory`
 */
export function toolkitErrorFrom(error: unknown, command: string): ToolkitError {
  const helpHint = `See \`${command} --help\`.`;
  if (error instanceof ToolkitError) {
    const message = withoutParserWrapping(error.message);
    return message === error.message ? error : new ToolkitError(message, error.code, error.hint, error);
  }
  if (error instanceof Errors.CLIError) return usageErrorFrom(error, helpHint);
  if (error instanceof Error) {
    // Thrown by Node's own functions that take an abort signal.
    if (error.name === 'ExitPromptError' || error.name === 'AbortError') {
      return new ToolkitError('Stopped by the user', 'INTERRUPTED', undefined, error);
    }
    if (
      error instanceof RangeError &&
      /allocation failed|invalid (typed )?array( buffer)? length/i.test(error.message)
    ) {
      return new ToolkitError(
        `Not enough memory: ${error.message}`,
        'OUT_OF_RESOURCES',
        'Close other programs, or choose a smaller model, batch or context.',
        error,
      );
    }
  }
  return new ToolkitError(
    error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    'UNEXPECTED',
    'This is a defect of the toolkit. Run again with GENAI_DEBUG=1 to see where, and report it.',
    error,
  );
}
