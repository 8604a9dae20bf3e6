#!/usr/bin/env node
// Runs the TypeScript sources as they stand, so that no stale build can hide a change.
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';

register();
const { main } = await import('../src/cli/main.ts');
process.exitCode = await main(process.argv.slice(2), {
  root: fileURLToPath(new URL('..', import.meta.url)),
  source: 'src',
});
