#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const entry = new URL('../dist/cli/main.js', import.meta.url);

if (existsSync(entry)) {
  const { main } = await import(entry.href);
  process.exitCode = await main(process.argv.slice(2), { root, source: 'dist' });
} else {
  process.stderr.write(
    `Error: the toolkit is not built (${fileURLToPath(entry)} is missing)\n  → Run \`npm run build\`.\n`,
  );
  process.exitCode = 1;
}
