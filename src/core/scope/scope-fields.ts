import { z } from 'zod';
import { scopeSchema } from './scope-schema.js';

/** One place of a scope: a value, or a group of values. */
export interface ScopeField {
  /** From the top, joined by dots: `quality.target`. */
  readonly path: string;
  readonly description: string;
  readonly schema: z.ZodType;
  /** Keys of a group; `undefined` for a value. */
  readonly keys?: readonly string[];
}

/** The object inside defaults and nulls, or `undefined` where the schema is that of a value. */
function objectInside(schema: z.core.$ZodType): z.ZodObject | undefined {
  if (schema instanceof z.ZodObject) return schema;
  if (schema instanceof z.ZodPrefault) return objectInside(schema.unwrap());
  return undefined;
}

function fieldsOf(object: z.ZodObject, prefix: string): ScopeField[] {
  return Object.entries<z.ZodType>(object.shape as Record<string, z.ZodType>).flatMap(([key, schema]) => {
    const path = prefix + key;
    const inner = objectInside(schema);
    const description = schema.description ?? '';
    return inner === undefined
      ? [{ path, description, schema }]
      : [{ path, description, schema, keys: Object.keys(inner.shape) }, ...fieldsOf(inner, `${path}.`)];
  });
}

/** Every place of a scope in the order of the file; a group comes before its values. */
export const SCOPE_FIELDS: readonly ScopeField[] = fieldsOf(scopeSchema, '');

/** Keys at the top of a scope. */
export const SCOPE_KEYS: readonly string[] = Object.keys(scopeSchema.shape);

/** The place of that path. */
export function scopeField(path: string): ScopeField | undefined {
  return SCOPE_FIELDS.find((field) => field.path === path);
}
