import type { ComponentProps } from 'react';
import { useMay } from '../../session/use-session.ts';
import { Button } from '../../ui/button.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';

interface ActButtonProps extends ComponentProps<typeof Button> {
  readonly needs: 'deploy' | 'invoke';
  /** Why it cannot be done now, although the session may. */
  readonly blocked?: string | undefined;
}

/** A button that changes something: dimmed, with the reason, where that cannot be. */
export function ActButton({ needs, blocked, onClick, className, ...rest }: ActButtonProps) {
  const may = useMay();
  const why = may[needs] ? blocked : `This session’s token lacks the scope “${needs}”.`;
  if (why === undefined) return <Button onClick={onClick} className={className} {...rest} />;
  return (
    <Tooltip text={why}>
      <Button
        {...rest}
        type="button"
        className={`cursor-not-allowed opacity-50 ${className ?? ''}`}
        aria-disabled
        title={why}
      />
    </Tooltip>
  );
}
