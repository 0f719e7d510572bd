/** Figures with their units, in one way everywhere. */
const COUNT = new Intl.NumberFormat('en');
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export function count(value: number): string {
  return value < 100_000 ? COUNT.format(value) : COMPACT.format(value);
}

/** 0.0312 → `3.1 %` */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.05) return '< 0.1 %';
  return `${value === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} %`;
}

export function milliseconds(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 1_000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  return seconds(ms / 1_000);
}

/** How long something took or has run: `3.2 s`, `4 min 5 s`, `3 d 2 h`. */
export function seconds(value: number): string {
  if (value < 60) return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
  const minutes = Math.floor(value / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(value % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** Decimal text in, nothing rounded away that matters: `$0.00042`, `$12.34`. */
export function money(amount: string, currency = 'USD'): string {
  const [whole = '0', fraction = ''] = amount.split('.');
  const small = /^0*$/.test(whole);
  const leading = /^0*/.exec(fraction)?.[0].length ?? 0;
  const kept = small ? Math.max(2, Math.min(leading + 2, fraction.length)) : 2;
  const shown = /^0*$/.test(whole + fraction)
    ? '0'
    : `${COUNT.format(BigInt(whole))}.${fraction.padEnd(2, '0').slice(0, kept)}`;
  return currency === 'USD' ? `$${shown}` : `${shown} ${currency}`;
}

/** Of an amount in a title: every digit. */
export function exactMoney(amount: string, currency = 'USD'): string {
  return `${amount} ${currency}`;
}

export function Money({
  amount,
  currency,
}: {
  readonly amount: string;
  readonly currency?: string;
}) {
  return (
    <span className="tabular-nums" title={exactMoney(amount, currency)}>
      {money(amount, currency)}
    </span>
  );
}
