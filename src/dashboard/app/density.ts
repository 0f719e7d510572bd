/** public/theme.js applies it before the first paint. */
export type Density = 'comfortable' | 'compact';
const KEY = 'swarm.density';

export function chosenDensity(): Density {
  return localStorage.getItem(KEY) === 'compact' ? 'compact' : 'comfortable';
}

export function setDensity(density: Density): void {
  if (density === 'comfortable') localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, density);
  document.documentElement.dataset.density = density;
}
