/** In the place of what a session may not see. */
export function NeedsAdmin({ what }: { readonly what: string }) {
  return (
    <p className="text-muted">
      {what} only in a session of a token with the scope <code>admin</code>. Sign in with one:{' '}
      <code>swarm dashboard</code>
    </p>
  );
}
