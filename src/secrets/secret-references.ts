import { SECRET_REFERENCE } from '../contracts/machine-environment.ts';

/** Names that the values of an environment refer to, each once, sorted. */
export function secretNamesIn(env: Readonly<Record<string, string>>): readonly string[] {
  const names = new Set<string>();
  for (const value of Object.values(env))
    for (const [, name] of value.matchAll(SECRET_REFERENCE)) if (name) names.add(name);
  return [...names].sort();
}

/** The environment with texts in the place of references; `$${` becomes `${`. */
export function replaceReferences(
  env: Readonly<Record<string, string>>,
  textOf: (name: string) => string,
): Record<string, string> {
  const replaced = Object.entries(env).map(([key, value]) => [
    key,
    value.replace(SECRET_REFERENCE, (_, name: string | undefined) =>
      name === undefined ? '${' : textOf(name),
    ),
  ]);
  return Object.fromEntries(replaced);
}
