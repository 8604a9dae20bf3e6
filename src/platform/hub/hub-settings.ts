import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { ToolkitError } from '../../core/errors/toolkit-error.js';

/** Where the hub and its cache are, from the environment variables that Hugging Face's own tools read. */
export interface HubSettings {
  /** Address of the hub without a final slash (`HF_ENDPOINT`). */
  readonly endpoint: string;
  /** Folder of downloaded repositories, shared with Python tools (`HF_HUB_CACHE`, or `hub` in the home below). */
  readonly cacheFolder: string;
  /** Access token of the environment (`HF_TOKEN`), if set. */
  readonly token: string | undefined;
  /** File in which a login leaves the access token (`HF_TOKEN_PATH`, or `token` in `HF_HOME`). */
  readonly tokenFile: string;
  /** True where nothing may be asked of the network (`HF_HUB_OFFLINE`). */
  readonly offline: boolean;
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_ENDPOINT = 'https://huggingface.co';
/** What huggingface_hub takes for true, in any case of letters. */
const TRUE_WORDS = ['1', 'on', 'yes', 'true'];

function readEndpoint(text: string): string {
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    url = undefined;
  }
  const isPlain =
    url !== undefined &&
    ['http:', 'https:'].includes(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === '';
  if (url === undefined || !isPlain) {
    // The value is not repeated: it may hold a password.
    throw new ToolkitError(
      'HF_ENDPOINT is not the address of a hub',
      'USAGE',
      `Set it to an address such as ${DEFAULT_ENDPOINT}, without a user or a query, or unset it.`,
    );
  }
  return url.href.replace(/\/+$/, '');
}

/**
 * Reads the settings; an empty variable counts as unset.
 * @throws USAGE when `HF_ENDPOINT` is no http(s) address
 */
export function readHubSettings(environment: Environment): HubSettings {
  const read = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const userHome = read('HOME') ?? read('USERPROFILE') ?? homedir();
  const readPath = (name: string): string | undefined => {
    const path = read(name);
    return path === undefined ? undefined : resolve(path.replace(/^~(?=$|[/\\])/, () => userHome));
  };
  const caches = readPath('XDG_CACHE_HOME') ?? join(userHome, '.cache');
  const home = readPath('HF_HOME') ?? join(caches, 'huggingface');
  return {
    endpoint: readEndpoint(read('HF_ENDPOINT') ?? DEFAULT_ENDPOINT),
    cacheFolder: readPath('HF_HUB_CACHE') ?? join(home, 'hub'),
    token: read('HF_TOKEN'),
    tokenFile: readPath('HF_TOKEN_PATH') ?? join(home, 'token'),
    offline: TRUE_WORDS.includes((read('HF_HUB_OFFLINE') ?? '').toLowerCase()),
  };
}
