import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** For work on the pages: `SWARM_URL=http://127.0.0.1:PORT vite --config src/dashboard/vite.config.ts`. */
const target = process.env.SWARM_URL;

/** Built by the launcher into a folder that it names; the files are served below /dashboard/. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/dashboard/',
  plugins: [react(), tailwindcss()],
  ...(target !== undefined && {
    server: { host: '127.0.0.1', proxy: { '/v1': { target, ws: true }, '/agents': { target } } },
  }),
  build: {
    target: 'es2023',
    // Files of their own are cached and allowed by the page’s policy; data: URLs are neither.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
  },
});
