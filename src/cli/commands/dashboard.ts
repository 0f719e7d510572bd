import type { MakeCommand } from '../commands.ts';
import { localTime } from '../logs/event-text.ts';

export const dashboard: MakeCommand = (build) =>
  build
    .command(
      'dashboard',
      'Open the dashboard in a browser, signed in with a link that is good once',
    )
    .option('--no-open', 'print the link only')
    .action(
      build.act(async (session, { open }: { open: boolean }) => {
        const { signInLink } = await import('../dashboard/sign-in-link.ts');
        const { openBrowser } = await import('../dashboard/open-browser.ts');
        const { output, context } = session;
        const link = await signInLink(await session.client());
        const wanted = open && output.format !== 'json';
        const opened = wanted && (await openBrowser(context, link.url));
        if (output.format === 'json') output.json(link);
        else {
          output.note(
            `${opened ? 'Opened in your browser.' : 'Open this link in a browser.'} It signs in once, until ${localTime(link.expiresAt)}:`,
          );
          output.line(link.url);
        }
        return 0;
      }),
    );
