/** The price lists of a workspace: its own, the newest first, then the built-in one. */
import { type Clock, isoTime } from '../../base/clock.ts';
import type {
  ImportedPrices,
  PriceFormat,
  PriceListDetail,
  PriceListResource,
} from '../../contracts/cost.ts';
import type { Trail } from '../../contracts/trail.ts';
import type { CostStore, PriceListRow } from '../../store/store.ts';
import { auditedChange, type ChangedBy, oneAtATime } from '../audited-change.ts';
import { costErrors } from '../errors.ts';
import { costEvents } from '../events.ts';
import { BUILT_IN_PRICES } from './built-in-prices.ts';
import type { MachineTimePrice, PriceContent, PriceList } from './model-price.ts';
import { readPriceFile } from './price-file.ts';
import { PriceIndex } from './price-index.ts';
import { priceVersion } from './price-version.ts';

export interface PriceLists {
  /** As they stand: replaced as a whole by every change. */
  readonly index: PriceIndex;
  /** Undefined: machine time is not priced. */
  readonly machineTime: PricedMachineTime | undefined;
  list(): readonly PriceListResource[];
  /** @throws prices_not_found */
  show(name: string): PriceListDetail;
  /** Whole or not at all. @throws prices_invalid, audit_unavailable */
  import(
    file: { readonly name: string; readonly format: PriceFormat; readonly text: string },
    by: ChangedBy,
  ): Promise<ImportedPrices>;
  /** @throws prices_not_found, audit_unavailable */
  remove(name: string, by: ChangedBy): Promise<void>;
}

export interface PricedMachineTime extends MachineTimePrice {
  readonly version: string;
  /** Time before it is not priced by it. */
  readonly sinceMs: number;
}

export interface PriceListsOptions {
  readonly workspaceId: string;
  readonly store: CostStore;
  readonly trail: Pick<Trail, 'begin' | 'record'>;
  readonly clock: Clock;
}

export async function openPriceLists(options: PriceListsOptions): Promise<PriceLists> {
  const { workspaceId, store, trail, clock } = options;
  const inTurn = oneAtATime();
  let lists: readonly PriceList[] = [];
  let index = new PriceIndex([]);
  const load = async () => {
    lists = [...(await store.priceLists(workspaceId)).map(listOf), BUILT_IN_PRICES];
    index = new PriceIndex(lists);
  };
  const find = (name: string) => {
    const list = lists.find((one) => one.name === name);
    if (list !== undefined) return list;
    throw costErrors.prices_not_found(`There is no price list "${name.slice(0, 100)}".`);
  };
  await load();

  return {
    get index() {
      return index;
    },
    get machineTime() {
      return machineTimeOf(lists);
    },
    list: () => lists.map(listResource),
    show: (name) => ({ ...listResource(find(name)), prices: find(name).models.map(priceResource) }),
    import: ({ name, format, text }, by) =>
      inTurn(async () => {
        if (name === BUILT_IN_PRICES.name)
          throw costErrors.prices_invalid(`"${name}" is the list that comes with Swarm.`, {
            remedy: 'Give your list another name: it comes first in any case.',
          });
        const { skipped, rounded, ...content } = readPriceFile(text, format);
        const row = rowOf(content, { workspaceId, name, format, by, nowMs: clock.nowMs() });
        const earlier = lists.find((one) => one.name === name);
        const after = summaryOf(listOf(row));
        const before = earlier === undefined ? null : summaryOf(earlier);
        const change = { kind: costEvents['prices.imported'] };
        const attributes = { before, after, skipped };
        await auditedChange({ trail, by, change: { ...change, attributes } }, async () => {
          await store.putPriceList(row);
          await load();
        });
        return { list: listResource(find(name)), replaced: before !== null, skipped, rounded };
      }),
    remove: (name, by) =>
      inTurn(async () => {
        const earlier = lists.find((one) => one.name === name && !one.builtIn);
        const before = earlier === undefined ? null : summaryOf(earlier);
        const refused =
          earlier === undefined
            ? costErrors.prices_not_found(
                `There is no price list "${name.slice(0, 100)}" of this workspace's own.`,
              )
            : undefined;
        const attributes = { name: name.slice(0, 100), before, after: null };
        const change = { kind: costEvents['prices.removed'], attributes, refused };
        await auditedChange({ trail, by, change }, async () => {
          await store.removePriceList(workspaceId, name);
          await load();
        });
      }),
  };
}

function listOf(row: PriceListRow): PriceList {
  const { name, version, format, createdAtMs, createdBy } = row;
  const content = JSON.parse(row.content) as PriceContent;
  return { ...content, name, version, format, builtIn: false, createdAtMs, createdBy };
}

function rowOf(
  { models, machineTime }: PriceContent,
  about: { workspaceId: string; name: string; format: string; by: ChangedBy; nowMs: number },
): PriceListRow {
  const { workspaceId, name, format, by, nowMs } = about;
  const content: PriceContent = { models, ...(machineTime !== undefined && { machineTime }) };
  return {
    ...{ workspaceId, name, format },
    version: priceVersion(name, content),
    content: JSON.stringify(content),
    createdAtMs: nowMs,
    createdBy: by.actor.name,
  };
}

function machineTimeOf(lists: readonly PriceList[]): PricedMachineTime | undefined {
  const list = lists.find((one) => one.machineTime !== undefined);
  const price = list?.machineTime;
  if (list === undefined || price === undefined) return undefined;
  if (!/[1-9]/.test(price.vcpuSecond + price.gibSecond)) return undefined;
  return { ...price, version: list.version, sinceMs: list.createdAtMs ?? 0 };
}

function summaryOf({ name, version, format, models }: PriceList) {
  return { name, version, format, models: models.length };
}

function listResource(list: PriceList): PriceListResource {
  const { name, version, format, builtIn, createdBy, createdAtMs } = list;
  return {
    ...{ name, version, format, builtIn, createdBy },
    models: list.models.length,
    machineTime: list.machineTime ?? null,
    createdAt: createdAtMs === null ? null : isoTime(createdAtMs),
  };
}

function priceResource(price: PriceContent['models'][number]): PriceListDetail['prices'][number] {
  const tiers = price.tiers.map(({ above, rates }) => ({ above, rates: { ...rates } }));
  return { ...price, rates: { ...price.rates }, tiers };
}
