const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/Edg\/(\d+)/, 'Edge'],
  [/OPR\/(\d+)/, 'Opera'],
  [/Firefox\/(\d+)/, 'Firefox'],
  [/Chrom(?:e|ium)\/(\d+)/, 'Chrome'],
  [/Version\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari/, 'Safari'],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
];

/** `Firefox 150 on Linux`, as a browser claims of itself; what it says in full when that is not known. */
export function clientName(client: string): string {
  const found = BROWSERS.map(([pattern, name]) => ({ name, match: pattern.exec(client) })).find(
    ({ match }) => match !== null,
  );
  if (client === '') return 'a browser that does not say which';
  if (found === undefined) return client;
  const system = SYSTEMS.find(([pattern]) => pattern.test(client))?.[1];
  return `${found.name} ${found.match?.[1]}${system === undefined ? '' : ` on ${system}`}`;
}
