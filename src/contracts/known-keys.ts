import { z } from 'zod';

/**
 * The keys that a schema knows at a path, to name the nearest one beside an unknown key. Where the
 * schema is a union, those of the branch that the value's discriminator names, else of all.
 */
export function knownKeys(
  schema: z.ZodType,
  value: unknown,
  path: readonly (string | number)[],
): string[] {
  let schemas: z.core.$ZodType[] = unwrap(schema, value);
  let current = value;
  for (const part of path) {
    current = childValue(current, part);
    schemas = schemas
      .flatMap((one) => childSchemas(one, part))
      .flatMap((one) => unwrap(one, current));
  }
  const keys = schemas.flatMap((one) =>
    one instanceof z.ZodObject ? Object.keys(one.shape as object) : [],
  );
  return [...new Set(keys)];
}

function childValue(value: unknown, part: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
  return (value as Record<string | number, unknown>)[part];
}

function childSchemas(schema: z.core.$ZodType, part: string | number): z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const shape = schema.shape as Record<string, z.core.$ZodType>;
    const child = Object.hasOwn(shape, part) ? shape[part] : undefined;
    return child === undefined ? [] : [child];
  }
  if (schema instanceof z.ZodArray) return [schema.element];
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  return [];
}

/** Takes off optional, default and the like, and chooses the branches of a union. */
function unwrap(schema: z.core.$ZodType, value: unknown): z.core.$ZodType[] {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  )
    return unwrap(schema.def.innerType, value);
  if (schema instanceof z.ZodPipe) return unwrap(schema.def.in, value);
  if (schema instanceof z.ZodLazy) return unwrap(schema.def.getter(), value);
  if (!(schema instanceof z.ZodUnion)) return [schema];
  const options = schema.options.flatMap((option) => unwrap(option as z.core.$ZodType, value));
  const named = options.filter((option) => matchesLiterals(option, value));
  return named.length > 0 ? named : options;
}

/** Does the value carry this object's literal keys (`type: 'git'`)? */
function matchesLiterals(schema: z.core.$ZodType, value: unknown): boolean {
  if (!(schema instanceof z.ZodObject)) return false;
  const literals = Object.entries(schema.shape as Record<string, z.core.$ZodType>).filter(
    (entry): entry is [string, z.ZodLiteral] => entry[1] instanceof z.ZodLiteral,
  );
  return (
    literals.length > 0 &&
    literals.every(([key, literal]) => literal.safeParse(childValue(value, key)).success)
  );
}
