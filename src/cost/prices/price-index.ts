import { modelNames } from './match-model.ts';
import type { ModelPrice, PriceList } from './model-price.ts';

export interface FoundPrice {
  readonly price: ModelPrice;
  /** Of the list it stands in. */
  readonly version: string;
}

/** Names come from agents and upstreams: no more than so many answers are remembered. */
const MAX_REMEMBERED = 5_000;

/** Finds the price of a model in lists, the first of which has the first word. */
export class PriceIndex {
  readonly #lists: readonly { version: string; byName: ReadonlyMap<string, ModelPrice> }[];
  readonly #remembered = new Map<string, FoundPrice | undefined>();

  constructor(lists: readonly PriceList[]) {
    this.#lists = lists.map(({ version, models }) => ({ version, byName: nameModels(models) }));
  }

  find(model: string, provider?: string): FoundPrice | undefined {
    const key = `${provider ?? ''} ${model}`;
    const known = this.#remembered.get(key);
    if (known !== undefined || this.#remembered.has(key)) return known;
    const found = this.#search(modelNames(model, provider));
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(key, found);
    return found;
  }

  #search(names: readonly string[]): FoundPrice | undefined {
    for (const { version, byName } of this.#lists)
      for (const name of names) {
        const price = byName.get(name);
        if (price !== undefined) return { price, version };
      }
    return undefined;
  }
}

/**
 * Each model by `provider/model` and by `model`. A plain name that several providers ask different
 * prices for stands for none of them: no price is better than a wrong one.
 */
function nameModels(models: readonly ModelPrice[]): ReadonlyMap<string, ModelPrice> {
  const plain = new Map<string, ModelPrice | null>();
  const full = new Map<string, ModelPrice>();
  for (const price of models) {
    const other = plain.get(price.model);
    const differs = other !== undefined && (other === null || !samePrice(other, price));
    plain.set(price.model, differs ? null : price);
    if (price.provider !== undefined) full.set(`${price.provider}/${price.model}`, price);
  }
  for (const [name, price] of plain) if (price !== null && !full.has(name)) full.set(name, price);
  return full;
}

function samePrice(one: ModelPrice, other: ModelPrice): boolean {
  const text = ({ rates, tiers }: ModelPrice) =>
    JSON.stringify([
      Object.entries(rates).sort(),
      tiers.map((tier) => [tier.above, Object.entries(tier.rates).sort()]),
    ]);
  return text(one) === text(other);
}
