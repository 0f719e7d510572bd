/**
 * Names under which a model's price is looked for, best first:
 *
 * 1. `provider/model`, then `model`, as they came;
 * 2. the same without a date or `latest` at the end: `-2025-08-07`, `-20250807`, `@20250807`,
 *    `@2025-08-07`, `-latest`, `@latest`.
 *
 * Nothing else is guessed: a model that is not found so has no price.
 */
export function modelNames(model: string, provider: string | undefined): readonly string[] {
  const plain = model.replace(SUFFIX, '');
  const names = plain === model || plain === '' ? [model] : [model, plain];
  return names.flatMap((name) => (provider === undefined ? [name] : [`${provider}/${name}`, name]));
}

const SUFFIX = /[-@](\d{4}-\d\d-\d\d|20\d{6}|latest)$/;
