import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Upload } from 'lucide-react';
import { useState } from 'react';
import type { PriceListResource } from '../../../contracts/cost.ts';
import { priceListsQuery } from '../../api/prices.ts';
import { useMay } from '../../session/use-session.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { classes } from '../../ui/classes.ts';
import { count } from '../../ui/figures.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Failure, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { ImportPricesDialog } from './import-prices-dialog.tsx';
import { PriceListCard } from './price-list-card.tsx';
import { RemovePricesDialog } from './remove-prices-dialog.tsx';

export function PricesTab() {
  const { admin } = useMay();
  const { list } = useSearch({ from: '/settings' });
  const navigate = useNavigate({ from: '/settings' });
  const [importing, setImporting] = useState(false);
  const [removing, setRemoving] = useState<PriceListResource>();
  const { data, error, refetch } = useQuery(priceListsQuery());
  const shown = data?.items.find(({ name }) => name === list) ?? data?.items[0];
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <Card
        title="Price lists"
        flush
        actions={
          <Button
            size="small"
            kind="primary"
            disabled={!admin}
            title={admin ? undefined : 'needs the scope admin'}
            onClick={() => setImporting(true)}
          >
            <Upload aria-hidden /> Import…
          </Button>
        }
      >
        {data === undefined ? (
          error === null ? (
            <Loading rows={2} label="Loading price lists" />
          ) : (
            <div className="p-4">
              <Failure error={error} retry={() => void refetch()} />
            </div>
          )
        ) : (
          <>
            <p className="px-4 py-3 text-muted">
              A model is looked up from the first list down. What was priced keeps its price.
            </p>
            <ol className="pb-1">
              {data.items.map((item, index) => (
                <ListRow
                  key={item.name}
                  item={item}
                  place={index + 1}
                  isShown={item === shown}
                  onShow={() =>
                    void navigate({ search: { tab: 'prices', list: item.name }, replace: true })
                  }
                  onRemove={item.builtIn || !admin ? undefined : () => setRemoving(item)}
                />
              ))}
            </ol>
          </>
        )}
      </Card>
      {shown !== undefined && <PriceListCard key={shown.name} list={shown} />}
      {importing && (
        <ImportPricesDialog
          lists={data?.items ?? []}
          onClose={() => setImporting(false)}
          onImported={(name) => void navigate({ search: { tab: 'prices', list: name } })}
        />
      )}
      {removing !== undefined && (
        <RemovePricesDialog name={removing.name} onClose={() => setRemoving(undefined)} />
      )}
    </div>
  );
}

interface ListRowProps {
  readonly item: PriceListResource;
  readonly place: number;
  readonly isShown: boolean;
  readonly onShow: () => void;
  readonly onRemove: (() => void) | undefined;
}

function ListRow({ item, place, isShown, onShow, onRemove }: ListRowProps) {
  const { name, version, format, models, builtIn, createdAt, createdBy } = item;
  return (
    <li
      className={classes(
        'flex flex-wrap items-center gap-x-4 gap-y-1 border-line border-b px-4 py-2.5 last:border-0',
        isShown && 'bg-accent-soft',
      )}
    >
      <span className="w-4 text-muted tabular-nums">{place}</span>
      <div className="grid min-w-0 flex-1 basis-48 gap-0.5">
        <p className="flex flex-wrap items-center gap-2">
          <button
            type="button"
            aria-pressed={isShown}
            className="font-medium hover:underline"
            onClick={onShow}
          >
            <HostileText text={name} />
          </button>
          {builtIn && <Badge>built in</Badge>}
        </p>
        <code className="truncate text-muted text-xs">
          <HostileText text={version} max={100} />
        </code>
      </div>
      <p className="flex-1 basis-32">
        {count(models)} {models === 1 ? 'model' : 'models'}
      </p>
      <p className="flex-1 basis-40 text-muted text-xs">
        {createdAt === null ? (
          'defaults of this version of Swarm'
        ) : (
          <>
            format {format}, imported <Time at={createdAt} relative /> by{' '}
            <HostileText text={createdBy ?? 'nobody'} max={60} />
          </>
        )}
      </p>
      {onRemove !== undefined && (
        <Button size="small" kind="danger" aria-label={`Remove ${name}`} onClick={onRemove}>
          Remove…
        </Button>
      )}
    </li>
  );
}
