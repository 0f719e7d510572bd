export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;
export type Method = (typeof METHODS)[number];

/** As it stands in the form. */
export interface CallForm {
  readonly method: Method;
  readonly path: string;
  /** `Name: value`, one a line. */
  readonly headers: string;
  readonly body: string;
}
export interface CallFaults {
  readonly path?: string;
  readonly headers?: string;
  readonly body?: string;
}
export interface CallParts {
  readonly method: Method;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string;
}

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
/** The browser sets these itself, or swarmd does. */
const NOT_YOURS = /^(host|cookie|content-length|connection|origin|referer|swarm-.*|sec-.*)$/i;
const WITHOUT_BODY: readonly Method[] = ['GET', 'HEAD'];

export function hasBody(method: Method): boolean {
  return !WITHOUT_BODY.includes(method);
}

/** What is sent, or what is wrong with the form. */
export function readForm(
  form: CallForm,
):
  | { readonly ok: true; readonly call: CallParts }
  | { readonly ok: false; readonly faults: CallFaults } {
  const { headers, fault } = readHeaders(form.headers);
  const path = pathFault(form.path);
  const sent = hasBody(form.method) && form.body.trim() !== '' ? form.body : undefined;
  const named = headers.find(([name]) => name.toLowerCase() === 'content-type');
  const body = sent !== undefined && named === undefined ? jsonFault(sent) : undefined;
  if (path !== undefined || fault !== undefined || body !== undefined)
    return {
      ok: false,
      faults: {
        ...(path !== undefined && { path }),
        ...(fault !== undefined && { headers: fault }),
        ...(body !== undefined && { body }),
      },
    };
  const typed: CallParts['headers'] =
    sent !== undefined && named === undefined
      ? [...headers, ['content-type', 'application/json']]
      : headers;
  const call = { method: form.method, path: form.path, headers: typed };
  return { ok: true, call: sent === undefined ? call : { ...call, body: sent } };
}

function readHeaders(text: string): {
  readonly headers: readonly (readonly [string, string])[];
  readonly fault?: string;
} {
  const headers: [string, string][] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim();
    const value = line.slice(colon + 1).trim();
    const where = `Line ${index + 1}`;
    if (!NAME.test(name)) return { headers, fault: `${where} is not “Name: value”.` };
    if (NOT_YOURS.test(name))
      return { headers, fault: `${where}: “${name}” is set by the browser or by swarmd.` };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what no header may have
    if (/[^\u0009\u0020-\u007e\u00a0-\u00ff]/.test(value))
      return { headers, fault: `${where} has a character that no header can carry.` };
    headers.push([name, value]);
  }
  return { headers };
}

function pathFault(path: string): string | undefined {
  if (!path.startsWith('/')) return 'A path begins with “/”.';
  const url = URL.parse(`http://x/a${path}`);
  if (url === null) return 'This is no path.';
  return url.pathname.startsWith('/a/') ? undefined : 'The path leads out of the agent.';
}

function jsonFault(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `Not JSON: ${why}. For another kind of body set Content-Type among the headers.`;
  }
}
