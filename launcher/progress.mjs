import { appendFileSync, writeFileSync } from 'node:fs';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/**
 * Shows steps on standard error: one live line on a terminal, plain lines elsewhere. Everything
 * that the programs say goes to the log.
 */
export function createProgress({ logPath, stream = process.stderr }) {
  const isTerminal = Boolean(stream.isTTY) && process.env.TERM !== 'dumb';
  writeFileSync(logPath, `${new Date().toISOString()} set-up begins\n`);

  async function step(title, work) {
    const startedMs = Date.now();
    let last = '';
    let frame = 0;
    const seconds = () => `${((Date.now() - startedMs) / 1000).toFixed(0)} s`;
    const draw = () => {
      const text = `${FRAMES[frame++ % FRAMES.length]} ${title}  ${seconds()}  ${last}`;
      stream.write(`\r\u001b[2K${text.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`);
    };
    const clear = () => isTerminal && stream.write('\r\u001b[2K');
    const timer = isTerminal ? setInterval(draw, 120) : undefined;
    if (isTerminal) draw();
    else stream.write(`set-up: ${title} …\n`);
    appendFileSync(logPath, `== ${title}\n`);
    const onLine = (line) => {
      last = line.replace(/[^\x20-\x7e]/g, ' ').trim();
      appendFileSync(logPath, `${line}\n`);
    };
    try {
      await work(onLine);
      clear();
      stream.write(
        isTerminal ? `✓ ${title}  ${seconds()}\n` : `set-up: ${title}: done in ${seconds()}\n`,
      );
    } catch (error) {
      clear();
      stream.write(
        isTerminal ? `✗ ${title}  ${seconds()}\n` : `set-up: ${title}: failed after ${seconds()}\n`,
      );
      throw error;
    } finally {
      clearInterval(timer);
    }
  }
  return { step };
}
