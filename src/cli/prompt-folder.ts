import { fileURLToPath } from 'node:url';

/** Where the prompts that ship with the toolkit lie in the package. */
export const PROMPT_FOLDER = fileURLToPath(new URL('../../templates/prompts', import.meta.url));
