import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect } from 'react';
import { ApiError } from '../api/request.ts';
import { keepLive } from '../live/live-connection.ts';
import { clearLive, onEvent } from '../live/live-store.ts';
import { useSessionState } from '../session/use-session.ts';
import { invalidateBy } from './invalidate-by.ts';
import { router } from './router.tsx';
import { SignInPage } from './sign-in-page.tsx';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What was refused is refused again; what did not answer may answer.
      retry: (failures, error) =>
        failures < 3 &&
        (!(error instanceof ApiError) || [0, 502, 503].includes(error.problem.status)),
    },
    mutations: { retry: false },
  },
});

export function App({ signInError }: { readonly signInError?: unknown }) {
  const state = useSessionState();
  const signedIn = state.state === 'signed_in';
  useEffect(() => {
    if (!signedIn) return;
    const ended = new AbortController();
    void keepLive(ended.signal);
    const stop = onEvent((told) => invalidateBy(queries, told));
    return () => {
      stop();
      ended.abort();
      // Nothing of one session is shown to the next.
      queries.clear();
      clearLive();
    };
  }, [signedIn]);
  if (state.state === 'unknown') return null;
  if (state.state === 'signed_out') return <SignInPage why={state.why} error={signInError} />;
  return (
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  );
}
