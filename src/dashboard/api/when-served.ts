const PAUSE_MS = 1_000;

/**
 * Code that is loaded when it is needed. While swarmd is away it is waited for: the router would
 * load the tab again, and what is on it would be lost. What swarmd does not have any more, after
 * an update, fails.
 */
export async function whenServed<T>(load: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await load();
    } catch (error) {
      if (await answers()) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function answers(): Promise<boolean> {
  try {
    const { ok } = await fetch(import.meta.env.BASE_URL, {
      cache: 'no-store',
      signal: AbortSignal.timeout(PAUSE_MS * 10),
    });
    return ok;
  } catch {
    return false;
  }
}
