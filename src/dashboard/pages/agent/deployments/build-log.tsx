import { AnsiText } from '../../../ui/ansi-text.tsx';
import { Card } from '../../../ui/card.tsx';
import { PieceList } from '../logs/piece-list.tsx';
import type { LogPart } from './deployment-progress.ts';

const LINE_PX = 20;
const LINE_CHARACTERS = 8 * 1024;

interface BuildLogProps {
  readonly log: readonly LogPart[];
  readonly dropped: number;
}

/** What the build, the agent and swarmd said during a deployment. */
export function BuildLog({ log, dropped }: BuildLogProps) {
  return (
    <Card
      title="Build log"
      flush
      actions={
        <span className="text-muted text-xs tabular-nums">
          {log.length.toLocaleString('en')} {log.length === 1 ? 'line' : 'lines'}
          {dropped > 0 && `, ${dropped.toLocaleString('en')} older ones left out`}
        </span>
      }
    >
      <PieceList
        label="Lines of the build log"
        pieces={log.map(({ text }) => text)}
        estimatePx={LINE_PX}
        followEnd
        className="h-80 rounded-none border-0 bg-transparent"
        draw={(line) => (line === '' ? '\u00a0' : <AnsiText text={line} max={LINE_CHARACTERS} />)}
      />
    </Card>
  );
}
