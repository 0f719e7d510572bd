/**
 * Errors that can be expected have a code, a cause and a remedy. Anything else is a bug.
 *
 * An area declares its codes once, in a file of its own:
 *
 *   export const imageErrors = defineErrors({
 *     image_not_found: { status: 404, remedy: 'Check the name and tag.' },
 *   });
 *   throw imageErrors.image_not_found('Image "x:1" is not in the registry.', { cause });
 *
 * Every declaration lands in one catalogue, which the docs and a golden file are made from.
 */

export interface ErrorDeclaration {
  /** HTTP status that the API answers with. */
  readonly status: number;
  /** What the reader should do, unless the throw site knows better. */
  readonly remedy: string;
}

export interface ErrorOptions {
  readonly cause?: unknown;
  /** Overrides the declared remedy. */
  readonly remedy?: string;
  /** Machine-readable facts: JSON values only, never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export class SwarmError extends Error {
  override readonly name = 'SwarmError';
  readonly code: string;
  readonly status: number;
  readonly remedy: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    declaration: ErrorDeclaration,
    message: string,
    options: ErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = declaration.status;
    this.remedy = options.remedy ?? declaration.remedy;
    this.details = options.details ?? {};
  }
}

const catalogue = new Map<string, ErrorDeclaration>();

type Constructors<T> = {
  readonly [Code in keyof T]: (message: string, options?: ErrorOptions) => SwarmError;
};

/**
 * Declares error codes and returns one constructor for each.
 * @throws Error when a code is declared twice, which is a bug.
 */
export function defineErrors<const T extends Record<string, ErrorDeclaration>>(
  declarations: T,
): Constructors<T> {
  const constructors: Record<string, (message: string, options?: ErrorOptions) => SwarmError> = {};
  for (const [code, declaration] of Object.entries(declarations)) {
    if (catalogue.has(code)) throw new Error(`error code ${code} is declared twice`);
    catalogue.set(code, declaration);
    constructors[code] = (message, options) => new SwarmError(code, declaration, message, options);
  }
  return constructors as Constructors<T>;
}

/** All codes declared by the modules loaded so far, by name. */
export function errorCatalogue(): ReadonlyMap<string, ErrorDeclaration> {
  return catalogue;
}

/** The message of anything thrown, with the messages of its causes. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `: ${describeError(error.cause)}`;
  return `${error.message}${cause}`;
}
