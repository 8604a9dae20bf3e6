import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

const VULKAN_LOADER = 'libvulkan.so.1';

/** Whether the dynamic linker finds a library. */
function canLoad(library: string): boolean {
  try {
    process.dlopen({ exports: {} }, library);
    return true;
  } catch (error) {
    // Node complains that what was loaded is no addon of its own, and unloads it.
    return /did not self-register/u.test((error as Error).message);
  }
}

/** Folders in which drivers describe themselves, as the Vulkan loader searches them (`LoaderDriverInterface.md`). */
function manifestFolders(environment: Environment): string[] {
  const list = (name: string, otherwise: string): string[] => (environment[name] || otherwise).split(':');
  return [
    ...list('XDG_CONFIG_HOME', join(homedir(), '.config')),
    ...list('XDG_CONFIG_DIRS', '/etc/xdg'),
    '/etc',
    '/usr/local/etc',
    ...list('XDG_DATA_HOME', join(homedir(), '.local/share')),
    ...list('XDG_DATA_DIRS', '/usr/local/share:/usr/share'),
    // Where NixOS keeps what it does not put into the others.
    '/run/opengl-driver/share',
  ].map((folder) => join(folder, 'vulkan/icd.d'));
}

function holdsManifest(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => name.endsWith('.json'));
  } catch {
    return false; // there is no such folder
  }
}

/**
 * What is known to keep this machine from computing on a GPU; `undefined` if nothing is, which promises nothing. Only
 * Linux, where drivers are often missing, is looked at.
 */
export function graphicsProblem(
  environment: Environment = process.env,
  finds: (library: string) => boolean = canLoad,
): string | undefined {
  if (process.platform !== 'linux') return undefined;
  if (!finds(VULKAN_LOADER)) return `the Vulkan loader, ${VULKAN_LOADER}, is not installed`;
  const named = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'VK_ADD_DRIVER_FILES'];
  if (named.some((name) => environment[name])) return undefined;
  return manifestFolders(environment).some(holdsManifest) ? undefined : 'no Vulkan driver is installed';
}
