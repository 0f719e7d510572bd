// Before the first paint, and a file of its own because the page allows no inline script.
(() => {
  let chosen = null;
  let density = null;
  try {
    chosen = localStorage.getItem('swarm.theme');
    density = localStorage.getItem('swarm.density');
  } catch {}
  const dark =
    chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  document.documentElement.dataset.density = density === 'compact' ? 'compact' : 'comfortable';
})();
