/**
 * The dashboard as static files. What the launcher built is read into memory when it is first asked
 * for; a path is looked up there and nowhere else, so no path leads out of the folder.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import type { Request, Response } from 'express';
import { DASHBOARD_PATH } from '../contracts/session-names.ts';

/** Stands in index.html wherever the nonce of its answer is to stand. */
export const NONCE_PLACEHOLDER = '__SWARM_CSP_NONCE__';
const INDEX = 'index.html';
const MAX_FILE_BYTES = 16 * 1024 * 1024;
const NOT_BUILT =
  'The dashboard has not been built yet. Run this in the checkout, and load the page again:\n\n  ./swarm dashboard\n';

const TYPES: Readonly<Record<string, string>> = {
  ...{ '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8' },
  ...{ '.js': 'text/javascript; charset=utf-8', '.json': 'application/json' },
  ...{ '.svg': 'image/svg+xml', '.png': 'image/png', '.ico': 'image/x-icon' },
  ...{ '.woff2': 'font/woff2', '.txt': 'text/plain; charset=utf-8' },
  ...{ '.webmanifest': 'application/manifest+json' },
};

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
];

const PAGE_HEADERS = {
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy':
    'camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), serial=(), usb=()',
  vary: 'accept-encoding',
};

type Encoding = 'br' | 'gzip' | 'identity';

interface StoredFile {
  readonly type: string;
  readonly etag: string;
  readonly cacheControl: string;
  readonly bodies: ReadonlyMap<Encoding, Buffer>;
}

interface BuiltFolder {
  /** Of the folder: a new build is a new one. */
  readonly identity: string;
  readonly files: ReadonlyMap<string, StoredFile>;
}

/** Serves GET and HEAD of DASHBOARD_PATH and all below it. */
export function createDashboardFiles({ folder }: { folder: string }) {
  let built: Promise<BuiltFolder | undefined> | undefined;
  let previous: BuiltFolder | undefined;

  /** As it lies there now; looked at again with every page, not with every file of one. */
  async function current(look: boolean): Promise<BuiltFolder | undefined> {
    const loaded = await built;
    if (loaded !== undefined && !look) return loaded;
    const found = await stat(folder).catch(() => undefined);
    if (found === undefined) return loaded;
    const identity = `${found.ino} ${found.ctimeMs}`;
    if (loaded?.identity === identity) return loaded;
    previous = loaded ?? previous;
    built = readBuilt(folder, identity);
    return built;
  }

  return async function serveDashboard(request: Request, response: Response): Promise<void> {
    const path = request.path.slice(DASHBOARD_PATH.length);
    const isPage = path === INDEX || !(path.split('/').at(-1) ?? '').includes('.');
    const files = (await current(isPage))?.files;
    for (const [name, value] of Object.entries(PAGE_HEADERS)) response.setHeader(name, value);
    if (files?.get(INDEX) === undefined)
      return sendText(response, { status: 503, text: NOT_BUILT });
    // A page that is open loads its parts from the build that it is of.
    const file = isPage ? files.get(INDEX) : (files.get(path) ?? previous?.files.get(path));
    if (file === undefined)
      return sendText(response, { status: 404, text: 'There is no such file.\n' });
    if (isPage) sendPage(request, response, file);
    else sendFile(request, response, file);
  };
}

/** undefined: not built, or being built. */
async function readBuilt(folder: string, identity: string): Promise<BuiltFolder | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  const files = new Map<string, StoredFile>();
  for (const path of paths) {
    if (/\.(br|gz)$/.test(path)) continue;
    const read = async (suffix: string) =>
      paths.includes(path + suffix) ? await readFile(join(folder, path + suffix)) : undefined;
    const whole = await read('');
    if (whole === undefined || whole.length > MAX_FILE_BYTES) continue;
    files.set(
      path,
      storedFile(path, { identity: whole, br: await read('.br'), gzip: await read('.gz') }),
    );
  }
  return files.has(INDEX) ? { identity, files } : undefined;
}

function storedFile(
  path: string,
  { identity, br, gzip }: { identity: Buffer; br?: Buffer | undefined; gzip?: Buffer | undefined },
): StoredFile {
  const hash = createHash('sha256').update(identity).digest('base64url').slice(0, 22);
  return {
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    etag: hash,
    // Their names say what is in them.
    cacheControl: path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    bodies: new Map([
      ...(br ? [['br', br] as const] : []),
      ...(gzip ? [['gzip', gzip] as const] : []),
      ['identity', identity] as const,
    ]),
  };
}

/**
 * Parts of the page's libraries make style elements: those that carry this answer's nonce count.
 * A page with a nonce is another one each time, and so small that it needs no compression.
 */
function sendPage(request: Request, response: Response, page: StoredFile): void {
  const text = page.bodies.get('identity')?.toString('utf8') ?? '';
  if (!text.includes(NONCE_PLACEHOLDER)) {
    response.setHeader('content-security-policy', policyWith("style-src 'self'"));
    sendFile(request, response, page);
    return;
  }
  const nonce = randomBytes(18).toString('base64url');
  const body = Buffer.from(text.replaceAll(NONCE_PLACEHOLDER, nonce));
  response.setHeader('content-security-policy', policyWith(`style-src 'self' 'nonce-${nonce}'`));
  response.setHeader('content-type', page.type);
  response.setHeader('cache-control', page.cacheControl);
  response.setHeader('content-length', body.length);
  response.statusCode = 200;
  response.end(body);
}

function policyWith(styles: string): string {
  return [...POLICY, styles].join('; ');
}

function sendFile(request: Request, response: Response, file: StoredFile): void {
  const encoding = chooseEncoding(request.headers['accept-encoding'], file.bodies);
  const etag = `"${file.etag}-${encoding}"`;
  response.setHeader('content-type', file.type);
  response.setHeader('cache-control', file.cacheControl);
  response.setHeader('etag', etag);
  const known = (request.headers['if-none-match'] ?? '').split(',').map((one) => one.trim());
  if (known.some((one) => one.replace(/^W\//, '') === etag)) {
    response.statusCode = 304;
    response.end();
    return;
  }
  const body = file.bodies.get(encoding);
  if (encoding !== 'identity') response.setHeader('content-encoding', encoding);
  response.setHeader('content-length', body?.length ?? 0);
  response.statusCode = 200;
  response.end(body);
}

/** The smallest that the browser takes. */
export function chooseEncoding(
  accepted: string | undefined,
  bodies: ReadonlyMap<Encoding, unknown>,
): Encoding {
  const weights = new Map(
    (accepted ?? '').split(',').map((one) => {
      const [name = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
      return [name, weight === undefined ? 1 : Number(weight)];
    }),
  );
  const takes = (name: Encoding) => (weights.get(name) ?? weights.get('*') ?? 0) > 0;
  return (['br', 'gzip'] as const).find((name) => bodies.has(name) && takes(name)) ?? 'identity';
}

function sendText(response: Response, { status, text }: { status: number; text: string }): void {
  response.statusCode = status;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}
