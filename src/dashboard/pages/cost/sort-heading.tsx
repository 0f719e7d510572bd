import { ArrowDown, ArrowUp } from 'lucide-react';
import type { ReactNode } from 'react';
import { classes } from '../../ui/classes.ts';
import { type CostColumn, type CostSort, pressedSort } from './sort-costs.ts';

interface SortHeadingProps {
  readonly column: CostColumn;
  /** What holds now. */
  readonly sort: CostSort | undefined;
  readonly onSort: (sort: string) => void;
  readonly className: string;
  readonly children: ReactNode;
}

/** The heading of a column that rows can be sorted by; its arrow stands beside it and moves nothing. */
export function SortHeading({ column, sort, onSort, className, children }: SortHeadingProps) {
  const order = sort?.column !== column ? undefined : sort.descending ? 'descending' : 'ascending';
  const Arrow = order === 'ascending' ? ArrowUp : ArrowDown;
  return (
    <th scope="col" aria-sort={order} className={classes('font-normal', className)}>
      <button
        type="button"
        onClick={() => onSort(pressedSort(column, sort))}
        className={classes(
          'group relative rounded-sm py-1.5 hover:text-ink',
          column === 'name' ? 'text-left' : 'text-right',
          order !== undefined && 'text-ink',
        )}
      >
        {children}
        <Arrow
          aria-hidden
          className={classes(
            'absolute top-1/2 size-3 -translate-y-1/2',
            column === 'name' ? 'left-full ml-0.5' : 'right-full mr-0.5',
            order === undefined && 'opacity-0 group-hover:opacity-60',
          )}
        />
      </button>
    </th>
  );
}
