import { Link } from '@tanstack/react-router';
import type { BudgetResource } from '../../../contracts/cost.ts';
import { Money, money } from '../../ui/figures.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { ShareBar } from '../../ui/share-bar.tsx';
import { StatTile } from './stat-tile.tsx';
import { budgetShare, budgetTone, percentUsed } from './tightest-budget.ts';

interface CostTileProps {
  readonly label: string;
  readonly amount: string | undefined;
  /** The first day, UTC. */
  readonly since: string;
  /** The one that will refuse calls first. */
  readonly budget: BudgetResource | undefined;
  /** Budgets that nothing is left of, this one among them. */
  readonly usedUp: number;
}

export function CostTile({ label, amount, since, budget, usedUp }: CostTileProps) {
  const share = budget === undefined ? 0 : budgetShare(budget);
  const tone = usedUp > 0 ? 'bad' : budgetTone(share);
  const others = usedUp > (share >= 1 ? 1 : 0);
  return (
    <StatTile
      label={label}
      tone={tone === 'accent' ? undefined : tone}
      value={
        <Link to="/cost" search={{ since }} className="rounded-sm hover:underline">
          {amount === undefined ? '–' : <Money amount={amount} />}
        </Link>
      }
      note={
        others ? (
          <Link to="/cost" hash="budgets" className="hover:underline">
            {usedUp} {usedUp === 1 ? 'budget' : 'budgets'} used up
          </Link>
        ) : budget === undefined ? (
          <Link to="/cost" hash="budgets" className="hover:underline">
            no budget set
          </Link>
        ) : (
          <Link to="/cost" hash="budgets" className="hover:underline">
            {percentUsed(share)} of {money(budget.limit.money ?? '0')} ·{' '}
            <HostileText text={budget.name} />
          </Link>
        )
      }
    >
      {budget !== undefined && (
        <ShareBar
          share={share}
          tone={tone}
          label={`${percentUsed(share)} of the budget ${budget.name} is used`}
        />
      )}
    </StatTile>
  );
}
