import { readFileSync } from 'node:fs';

/** What the toolkit's own package.json says of it. */
export interface ToolkitPackage {
  readonly version: string;
  /** Oldest Node that it supports, e.g. `20.19`. */
  readonly minimumNode: string;
}

/** Reads it from the installation that this file is part of. */
export function readToolkitPackage(): ToolkitPackage {
  const path = new URL('../../package.json', import.meta.url);
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly version: string;
    readonly engines: { readonly node: string };
  };
  return { version: manifest.version, minimumNode: manifest.engines.node.replace(/^>=\s*/, '') };
}
