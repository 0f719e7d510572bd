import type { PriceListDetail } from '../../../contracts/cost.ts';

export interface PriceRow {
  readonly key: string;
  readonly name: string;
  /** Holds above so many input tokens. */
  readonly above: number | undefined;
  readonly rates: PriceListDetail['prices'][number]['rates'];
  readonly source: string;
  readonly asOf: string;
}

/** A row for each model and each of its tiers, of those whose name has all the words. */
export function priceRows(prices: PriceListDetail['prices'], search: string): PriceRow[] {
  const wanted = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return prices.flatMap((price, index) => {
    const name = price.provider ? `${price.provider}/${price.model}` : price.model;
    if (!wanted.every((word) => name.toLowerCase().includes(word))) return [];
    const { source = '', asOf = '' } = price;
    const rest = { name, source, asOf };
    return [
      { key: `${index}`, ...rest, above: undefined, rates: price.rates },
      ...price.tiers.map(({ above, rates }) => ({
        key: `${index}/${above}`,
        ...rest,
        above,
        rates,
      })),
    ];
  });
}
