// Compiles swarmd into the cache that its starts read (NODE_COMPILE_CACHE). Without it the first
// start compiles for itself: it takes longer, and keeps 60 MB of compiler for as long as it runs.
//   NODE_COMPILE_CACHE=.swarm/compiled node --max-semi-space-size=4 launcher/compile.mjs
const programs = [
  'main/start-swarmd.ts',
  'main/run-swarmd.ts',
  'main/open-machines.ts',
  'audit/log/writer-worker.ts',
  'audit/search/indexer-thread.ts',
  'audit/search/query-thread.ts',
];
// Those of worker threads say that they are none here, when they have been compiled.
for (const program of programs) await import(`../src/${program}`).catch(() => undefined);
