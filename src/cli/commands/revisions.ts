import { allPages } from '../all-pages.ts';
import type { MakeCommand } from '../commands.ts';
import { shortDigest } from '../output/resource-text.ts';
import { ageText, printable } from '../output/text.ts';

export const revisions: MakeCommand = (build) =>
  build
    .command('revisions', 'List the revisions of an agent, newest first')
    .argument('<name>', 'the agent')
    .action(
      build.act(async ({ output, client }, name: string) => {
        const api = await client();
        const items = await allPages((page) => api.revisions(name, page));
        if (output.format === 'json') {
          output.json(items);
          return 0;
        }
        const nowMs = Date.now();
        output.table(
          ['REVISION', 'ACTIVE', 'IMAGE', 'FROM', 'BY', 'AGE'],
          items.map((revision) => [
            String(revision.number),
            revision.active ? output.colors.green('yes') : '',
            shortDigest(revision.image.digest),
            printable(revision.image.origin),
            printable(revision.createdBy),
            ageText(Date.parse(revision.createdAt), nowMs),
          ]),
        );
        return 0;
      }),
    );
