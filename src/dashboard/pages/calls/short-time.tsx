const CLOCK = new Intl.DateTimeFormat('en-GB', {
  ...({ hour: '2-digit', minute: '2-digit', second: '2-digit' } as const),
  fractionalSecondDigits: 3,
});
const DAY = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short' });

/** `10:53:07.123` in the viewer’s zone, with the day when it is not today’s; in UTC on hover. */
export function ShortTime({ at }: { readonly at: string }) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return <span>{at.slice(0, 40)}</span>;
  const today = date.toDateString() === new Date().toDateString();
  return (
    <time dateTime={at} title={at} className="tabular-nums">
      {!today && <span className="text-muted">{DAY.format(date)} </span>}
      {CLOCK.format(date)}
    </time>
  );
}
