import { posix, win32 } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

const filled = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

/**
 * Where programs keep what a user has given them: `XDG_DATA_HOME` where it is set, else the usual place of the system
 * (XDG Base Directory Specification; Apple's File System Programming Guide; Microsoft's KNOWNFOLDERID_LocalAppData).
 *
 * @returns `undefined` where the environment names no home
 */
export function userDataFolder(environment: Environment, platform: NodeJS.Platform): string | undefined {
  const path = platform === 'win32' ? win32 : posix;
  // The specification has relative paths ignored.
  const named = filled(environment['XDG_DATA_HOME']);
  if (named !== undefined && path.isAbsolute(named)) return path.join(named, 'genai');
  if (platform === 'win32') {
    const local = filled(environment['LOCALAPPDATA']);
    return local && path.join(local, 'genai');
  }
  const home = filled(environment['HOME']);
  if (home === undefined) return undefined;
  return platform === 'darwin'
    ? path.join(home, 'Library', 'Application Support', 'genai')
    : path.join(home, '.local', 'share', 'genai');
}
