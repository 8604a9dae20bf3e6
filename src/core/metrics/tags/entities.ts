import { ToolkitError } from '../../errors/toolkit-error.js';

/** A tag taken apart: `B-PER` has the kind `B` and the type `PER`. */
function readTag(tag: string): { kind: string; type: string } {
  // seqeval calls the type of a bare B or I so.
  return { kind: tag[0] ?? 'O', type: tag.slice(1).replace(/^-/, '') || '_' };
}

/** An entity as a key that equal ones share: its type and its first and last token. */
export type EntityKey = string;

/** Type of the entity of a key. */
export function entityType(key: EntityKey): string {
  return key.slice(key.indexOf(' ', key.indexOf(' ') + 1) + 1);
}

/**
 * Entities as conlleval and seqeval's default mode find them in IOB, IOE and IOBES tags: an I or E that continues
 * nothing begins an entity too.
 */
export function lenientEntities(tags: readonly string[]): Set<EntityKey> {
  const entities = new Set<EntityKey>();
  let begin: number | undefined;
  let previous = readTag('O');
  [...tags, 'O'].forEach((text, index) => {
    const tag = readTag(text);
    const isOutside = tag.kind === 'O';
    const begins =
      !isOutside && ('BS'.includes(tag.kind) || 'OES'.includes(previous.kind) || tag.type !== previous.type);
    if (begin !== undefined && (isOutside || begins)) {
      entities.add(`${begin} ${index - 1} ${previous.type}`);
      begin = undefined;
    }
    if (begins) begin = index;
    previous = tag;
  });
  return entities;
}

/**
 * Entities of IOB2 tags by the letter, as seqeval's strict mode: a B, and the I of its type that follow. Other I belong
 * to nothing.
 *
 * @throws ToolkitError `BAD_DATASET` for a tag that is none of O, B-type, I-type
 */
export function strictEntities(tags: readonly string[]): Set<EntityKey> {
  const parsed = tags.map(readTag);
  const stranger = parsed.findIndex(({ kind }) => !'BIO'.includes(kind));
  if (stranger >= 0) {
    throw new ToolkitError(
      `Tag ${JSON.stringify(tags[stranger])} is none of O, B-type and I-type.`,
      'BAD_DATASET',
      'The strict metric reads IOB2 tags; use the metric ner-f1 for other schemes.',
    );
  }
  const entities = new Set<EntityKey>();
  parsed.forEach(({ kind, type }, begin) => {
    if (kind !== 'B') return;
    let end = begin;
    while (parsed[end + 1]?.kind === 'I' && parsed[end + 1]!.type === type) end++;
    entities.add(`${begin} ${end} ${type}`);
  });
  return entities;
}
