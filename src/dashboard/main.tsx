import './app/style-nonce.ts';
import './styles.css';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { followSystemTheme } from './app/theme.ts';
import { setSession } from './session/session.ts';
import { followOtherTabs, resume, signIn, takeCode } from './session/sign-in.ts';

const RETRY_MS = 1_000;

async function begin(): Promise<unknown> {
  const code = takeCode();
  if (code !== undefined) {
    try {
      await signIn(code);
      return undefined;
    } catch (error) {
      // The code was used before, when the page is loaded again: the session may be there.
      await resume().catch(() => setSession({ state: 'signed_out' }));
      return error;
    }
  }
  while (true) {
    try {
      await resume();
      return undefined;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

const place = document.getElementById('root');
if (place === null) throw new Error('the page has no place for the app');
followSystemTheme();
followOtherTabs();
const root = createRoot(place);
const signInError = await begin();
root.render(<App signInError={signInError} />);
