import { visit, type Document } from 'yaml';

/** A line that begins or ends with a blank, or an empty line at an end: block text keeps these badly. */
const HAS_OUTER_BLANKS = /^\s|\s$|\n[^\S\n]|[^\S\n]\n/;

/** Puts texts that block text would change into quotes, so that they are read as they were written. */
export function quoteOuterBlanks(document: Document): void {
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value === 'string' && HAS_OUTER_BLANKS.test(scalar.value))
        scalar.type = 'QUOTE_DOUBLE';
    },
  });
}
