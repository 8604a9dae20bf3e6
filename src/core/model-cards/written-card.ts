import { basename, join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import {
  LONGEST_CARD,
  readModelCardText,
  type HubCardData,
  type HuggingFaceCard,
} from './hugging-face-form.js';

/** Name of a card's file, as the hub has it. */
export const CARD_FILE = 'README.md';

/** Stands in a card that was written here, which may be written anew. */
export const CARD_MARKER =
  '<!-- Written by genai-toolkit from the run’s own facts. While this line is here, the card is written anew with the weights; take it out to keep your own. -->';

/** What stands in a table of a card. */
export type Cell = string | number | boolean;

/** Repository of a model that lies in the hub's cache, else the name of its folder. */
export function modelName(folder: string): string {
  const cached = /(?:^|[\\/])models--([^\\/]+?)--([^\\/]+)(?:[\\/]|$)/.exec(folder);
  return cached === null ? basename(folder) : `${cached[1]!}/${cached[2]!}`;
}

/** A table in Markdown. */
export function table(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const line = (cells: readonly Cell[]): string =>
    `| ${cells.map((cell) => String(cell).replace(/\s+/g, ' ').replace(/\|/g, '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A text of data as code, on one line. */
export function code(text: string): string {
  return `\`${text.replace(/[`\s]+/g, ' ')}\``;
}

/** Values by their names, as a table. */
export const figures = (values: Readonly<Record<string, Cell>>, what: string): string =>
  table([what, 'value'], Object.entries(values));

/** A section under its heading. */
export function section(title: string, ...paragraphs: readonly string[]): string {
  return `## ${title}\n\n${paragraphs.join('\n\n')}\n`;
}

/** The card beside a model or dataset, if there is one that can be read: what it lacks is only not said. */
export async function cardBeside(files: FileSystem, folder: string): Promise<HuggingFaceCard | undefined> {
  const path = join(folder, CARD_FILE);
  const info = await files.stat(path);
  if (info?.kind !== 'file' || info.size === 0 || info.size > LONGEST_CARD) return undefined;
  try {
    return readModelCardText(await files.readText(path), path);
  } catch (error) {
    if (error instanceof ToolkitError) return undefined;
    throw error;
  }
}

/** The licence as the base's card names it; a link that leads to a file beside that card leads nowhere from here. */
export function licenceOf(base: HuggingFaceCard | undefined): Partial<HubCardData> {
  const { license, license_name, license_link } = base?.data ?? {};
  const isAddress = license_link !== undefined && /^https?:/.test(license_link);
  return { license, license_name, ...(isAddress && { license_link }) };
}

/** The section that says what a model is not good for. */
export function limits(lines: readonly string[]): string {
  return section('Limits', lines.map((line) => `- ${line}`).join('\n'));
}

/**
 * The card that a folder is to have: one that the user wrote, or made their own, stays.
 *
 * @param written the card as it would be written
 */
export async function keepOwnCard(files: FileSystem, folder: string, written: string): Promise<string> {
  const path = join(folder, CARD_FILE);
  const info = await files.stat(path);
  if (info?.kind !== 'file' || info.size === 0) return written;
  const there = await files.readText(path);
  return there.includes(CARD_MARKER) ? written : there;
}
