/** The part of the client for costs, budgets, prices and pauses: see client.ts. */
import { Readable } from 'node:stream';
import type { Connection } from './connection.ts';
import type {
  BudgetBody,
  BudgetResource,
  CostQuery,
  CostReport,
  ImportedPrices,
  PauseResource,
  PriceFormat,
  PriceListDetail,
  PriceListResource,
} from './cost.ts';
import { readJson, send } from './http-call.ts';

interface Calls {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  query(values: Record<string, string | number | boolean | undefined>): string;
  segment(text: string): string;
}

export function costClient(connection: Connection, { get, post, query, segment }: Calls) {
  const remove = async (path: string) =>
    (await readJson(await send(connection, { method: 'DELETE', path }))) as undefined;
  return {
    costs: (options: CostQuery = {}) => get<CostReport>(`/v1/costs${query({ ...options })}`),
    budgets: () => get<{ items: readonly BudgetResource[] }>('/v1/budgets'),
    setBudget: (body: BudgetBody) => post<BudgetResource>('/v1/budgets', body),
    deleteBudget: (name: string) => remove(`/v1/budgets/${segment(name)}`),
    priceLists: () => get<{ items: readonly PriceListResource[] }>('/v1/prices'),
    priceList: (name: string) => get<PriceListDetail>(`/v1/prices/${segment(name)}`),
    /** The file as it is: numbers would lose digits on the way through a parser. */
    importPrices: async (
      file: Uint8Array,
      { name, format }: { readonly name: string; readonly format: PriceFormat },
    ) =>
      (await readJson(
        await send(connection, {
          method: 'POST',
          path: `/v1/prices${query({ name, format })}`,
          body: Readable.from([file]),
          headers: { 'content-type': 'application/json' },
        }),
      )) as ImportedPrices,
    removePrices: (name: string) => remove(`/v1/prices/${segment(name)}`),
    pauses: () => get<{ items: readonly PauseResource[] }>('/v1/pauses'),
    pauseAgent: (name: string, body: { reason?: string } = {}) =>
      post<PauseResource>(`/v1/agents/${segment(name)}/pause`, body),
    resumeAgent: (name: string) =>
      post<{ agent: string; paused: false }>(`/v1/agents/${segment(name)}/resume`, {}),
  };
}
