import { useMemo } from 'react';
import { Dialog } from '../../../ui/dialog.tsx';
import { bytes } from '../../../ui/figures.tsx';
import { HostileText } from '../../../ui/hostile-text.tsx';
import { Time } from '../../../ui/time.tsx';
import type { LogLine } from './log-buffer.ts';
import { PieceList } from './piece-list.tsx';
import { splitPieces } from './split-pieces.ts';

const PIECE_CHARACTERS = 2_000;
const PIECE_PX = 400;

interface LineDialogProps {
  readonly line: LogLine | undefined;
  readonly close: () => void;
}

/** All of a line as it was written, its terminal sequences named and not obeyed. */
export function LineDialog({ line, close }: LineDialogProps) {
  const pieces = useMemo(() => splitPieces(line?.pieces ?? [], PIECE_CHARACTERS), [line]);
  if (line === undefined) return null;
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => {
        if (!open) close();
      }}
      title="Whole line"
      description={
        <>
          <Time at={line.time} />, replica {line.replica}, {line.stream}, {bytes(line.characters)}
          {line.lost > 0 && `; ${bytes(line.lost)} more are not kept here`}
        </>
      }
    >
      <PieceList
        label="The line"
        pieces={pieces}
        estimatePx={PIECE_PX}
        draw={(piece) => (
          <HostileText text={piece} block className="whitespace-pre-wrap break-all" />
        )}
      />
    </Dialog>
  );
}
