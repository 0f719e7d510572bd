/** Money and tokens as people read them. Pure. */

/** At least cents, and no digit that says nothing: 12.50, 0.00035. */
export function moneyText(amount: string): string {
  const [whole = '0', decimals = ''] = amount.split('.');
  return `${whole}.${decimals.replace(/0+$/, '').padEnd(2, '0')}`;
}

/** 950, 12.3k, 4.56M. */
export function tokensText(count: number): string {
  if (count < 10_000) return String(count);
  if (count < 999_950) return `${(count / 1000).toFixed(1)}k`;
  return `${(count / 1_000_000).toFixed(2)}M`;
}
