import { isBlank } from '../columns.js';
import type { TextFileFormat } from './file-format.js';
import { validLines } from './lines.js';

/** Plain text: every paragraph, set off by blank lines, is one document. */
export const txt: TextFileFormat = {
  access: 'lines',
  extensions: ['.txt'],
  async *rows(lines, path) {
    let paragraph: string[] = [];
    let number = 0;
    for await (const line of validLines(lines, path)) {
      number++;
      if (!isBlank(line)) {
        paragraph.push(line);
      } else if (paragraph.length > 0) {
        yield { line: number - paragraph.length, row: { text: paragraph.join('\n') } };
        paragraph = [];
      }
    }
    if (paragraph.length > 0)
      yield { line: number - paragraph.length + 1, row: { text: paragraph.join('\n') } };
  },
};
