/** public/theme.js applies it before the first paint. */
export type Theme = 'light' | 'dark' | 'system';
const KEY = 'swarm.theme';

export function chosenTheme(): Theme {
  const chosen = localStorage.getItem(KEY);
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}

export function setTheme(theme: Theme): void {
  if (theme === 'system') localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme);
  applyTheme();
}

/** Is the page drawn dark now? */
export function isDark(): boolean {
  return document.documentElement.dataset.theme === 'dark';
}

export function applyTheme(): void {
  const chosen = chosenTheme();
  const dark =
    chosen === 'dark' ||
    (chosen === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
}

/** Follows the system while nothing else was chosen. */
export function followSystemTheme(): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', applyTheme);
}
