/** Places from the XDG Base Directory Specification, Apple's File System Programming Guide, and Windows's known folders. */
import { expect, it } from 'vitest';
import { userDataFolder } from '../../src/platform/user-data-folder.js';

it.each([
  ['linux', { HOME: '/home/ann' }, '/home/ann/.local/share/genai'],
  ['linux', { HOME: '/home/ann', XDG_DATA_HOME: '/data' }, '/data/genai'],
  ['linux', { HOME: '/home/ann', XDG_DATA_HOME: '' }, '/home/ann/.local/share/genai'],
  ['linux', { HOME: '/home/ann', XDG_DATA_HOME: 'relative' }, '/home/ann/.local/share/genai'],
  ['darwin', { HOME: '/Users/ann' }, '/Users/ann/Library/Application Support/genai'],
  ['win32', { LOCALAPPDATA: 'C:\\Users\\ann\\AppData\\Local' }, 'C:\\Users\\ann\\AppData\\Local\\genai'],
  ['linux', {}, undefined],
  ['win32', { HOME: '/home/ann' }, undefined],
] as const)('on %s with %j', (platform, environment, folder) => {
  expect(userDataFolder(environment, platform)).toBe(folder);
});
