/** Sums of money as decimal text, exactly: a float would lose what a small call costs. */
interface Parsed {
  readonly units: bigint;
  /** Digits behind the point. */
  readonly scale: number;
}

const DECIMAL = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?$/;

function parse(text: string): Parsed {
  const match = DECIMAL.exec(text);
  if (match === null) throw new RangeError(`not a decimal number: ${text.slice(0, 50)}`);
  const [, sign = '', whole = '0', fraction = ''] = match;
  return { units: BigInt(`${sign}${whole}${fraction}`), scale: fraction.length };
}

function format({ units, scale }: Parsed): string {
  const sign = units < 0n ? '-' : '';
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

function aligned(a: Parsed, b: Parsed): { readonly a: bigint; b: bigint; readonly scale: number } {
  const scale = Math.max(a.scale, b.scale);
  return {
    a: a.units * 10n ** BigInt(scale - a.scale),
    b: b.units * 10n ** BigInt(scale - b.scale),
    scale,
  };
}

/** @throws RangeError when one is no decimal number */
export function sumOf(amounts: readonly string[]): string {
  let sum: Parsed = { units: 0n, scale: 0 };
  for (const amount of amounts) {
    const { a, b, scale } = aligned(sum, parse(amount));
    sum = { units: a + b, scale };
  }
  return format(sum);
}

/** @throws RangeError when one is no decimal number */
export function differenceOf(from: string, take: string): string {
  const { a, b, scale } = aligned(parse(from), parse(take));
  return format({ units: a - b, scale });
}

/** Less than 0, 0 or more, for a sort. @throws RangeError when one is no decimal number */
export function compareDecimals(one: string, other: string): number {
  const { a, b } = aligned(parse(one), parse(other));
  return a < b ? -1 : a > b ? 1 : 0;
}

const SHARE_PRECISION = 1_000_000n;

/** What part of the whole it is, to a millionth; 0 of nothing. @throws RangeError as above */
export function shareOf(part: string, whole: string): number {
  const { a, b } = aligned(parse(part), parse(whole));
  return b === 0n ? 0 : Number((a * SHARE_PRECISION) / b) / Number(SHARE_PRECISION);
}

export function isZero(amount: string): boolean {
  return parse(amount).units === 0n;
}
