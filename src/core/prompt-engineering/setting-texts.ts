import type { Configuration } from './configurations.js';

/** `temperature 0.7` and the like, under the names of the flags. */
export function settingTexts(settings: Configuration['settings']): string[] {
  return Object.entries(settings).map(([name, value]) => `${name.replaceAll('_', '-')} ${value}`);
}
