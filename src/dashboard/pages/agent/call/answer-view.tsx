import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Badge } from '../../../ui/badge.tsx';
import { Card } from '../../../ui/card.tsx';
import { Switch } from '../../../ui/field.tsx';
import { bytes, milliseconds } from '../../../ui/figures.tsx';
import { HostileText } from '../../../ui/hostile-text.tsx';
import { PieceList } from '../logs/piece-list.tsx';
import { splitPieces } from '../logs/split-pieces.ts';
import { eventData, prettyJson } from './answer-text.ts';
import type { Answer } from './use-call.ts';

const PIECE_CHARACTERS = 4_000;
const PIECE_PX = 300;

/** Status, times, headers and body of an answer, while it comes and after. */
export function AnswerView({ answer }: { readonly answer: Answer | undefined }) {
  if (answer === undefined)
    return (
      <Card title="Answer">
        <p className="py-8 text-center text-muted">It is shown here, as it comes.</p>
      </Card>
    );
  return (
    <Card title="Answer" actions={<AnswerFacts answer={answer} />}>
      {answer.error !== undefined && (
        <p role="alert" className="mb-3 text-bad">
          <HostileText text={answer.error} />
        </p>
      )}
      <Body answer={answer} />
      <Headers answer={answer} />
    </Card>
  );
}

/** Status, how long it took, how large it was, and the run that it began. */
export function AnswerFacts({ answer }: { readonly answer: Answer }) {
  const { state, status, headMs, totalMs } = answer;
  const run = headerOf(answer, 'swarm-run');
  return (
    <span role="status" className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs">
      {status !== undefined && status !== 0 && (
        <Badge tone={status < 400 ? 'good' : 'bad'}>status {status}</Badge>
      )}
      {state === 'waiting' && <Badge tone="info">waiting</Badge>}
      {state === 'streaming' && <Badge tone="info">streaming</Badge>}
      {state === 'aborted' && <Badge tone="warn">aborted</Badge>}
      {state === 'failed' && <Badge tone="bad">failed</Badge>}
      {headMs !== undefined && (
        <span className="text-muted tabular-nums" title="until the head of the answer">
          head {milliseconds(headMs)}
        </span>
      )}
      {totalMs !== undefined && (
        <span className="text-muted tabular-nums" title="until the end of the answer">
          total {milliseconds(totalMs)}
        </span>
      )}
      {answer.bytes > 0 && <span className="text-muted tabular-nums">{bytes(answer.bytes)}</span>}
      {run !== undefined && /^[0-9a-f]{32}$/.test(run) && (
        <Link to="/runs/$id" params={{ id: run }} className="text-accent hover:underline">
          its run
        </Link>
      )}
    </span>
  );
}

function Body({ answer }: { readonly answer: Answer }) {
  const [asItCame, setAsItCame] = useState(false);
  const streamed = headerOf(answer, 'content-type')?.startsWith('text/event-stream') === true;
  const done = answer.state === 'done';
  const shown = useMemo(() => {
    if (asItCame) return answer.text;
    if (streamed) return eventData(answer.text);
    return (done ? prettyJson(answer.text) : undefined) ?? answer.text;
  }, [answer.text, asItCame, streamed, done]);
  const pieces = useMemo(() => splitPieces([shown], PIECE_CHARACTERS), [shown]);
  if (answer.text === '')
    return (
      <p className="text-muted">
        {answer.state === 'waiting' || answer.state === 'streaming'
          ? 'Nothing of the body has come yet.'
          : 'No body.'}
      </p>
    );
  return (
    <div className="grid gap-2">
      <PieceList
        label="Body of the answer"
        pieces={pieces}
        estimatePx={PIECE_PX}
        followEnd={!done}
        className={pieces.length > 1 ? 'h-[50dvh]' : 'h-auto max-h-[50dvh] [contain:none]'}
        draw={(piece) => <HostileText text={piece} block className="break-all" />}
      />
      {answer.text.length < answer.bytes / 4 && (
        <p className="text-muted text-xs">Only the first 4 Mi characters are shown.</p>
      )}
      <Switch label="as it came" checked={asItCame} onCheckedChange={setAsItCame} />
    </div>
  );
}

const MAX_HEADERS = 100;

function Headers({ answer }: { readonly answer: Answer }) {
  if (answer.headers === undefined || answer.headers.length === 0) return null;
  return (
    <details className="mt-3">
      <summary className="cursor-pointer text-muted">{answer.headers.length} headers</summary>
      <dl className="mt-2 grid gap-x-4 gap-y-0.5 text-xs sm:grid-cols-[minmax(0,12rem)_minmax(0,1fr)]">
        {answer.headers.slice(0, MAX_HEADERS).map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">
              <HostileText text={name} />
            </dt>
            <dd className="break-all font-mono">
              <HostileText text={value} max={2_000} />
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function headerOf({ headers }: Answer, name: string): string | undefined {
  return headers?.find(([one]) => one === name)?.[1];
}
