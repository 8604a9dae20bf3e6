import { DETAIL } from './detail.js';
import { FILTERS } from './filters.js';
import { LIST } from './list.js';
import { NAVIGATION } from './navigation.js';
import { TEXT } from './text.js';

/**
 * The script of the browser of samples, one module that runs in the page as it stands here. It is JavaScript in a text
 * because it runs nowhere else; a test checks its types as strictly as the compiler checks all else.
 */
export const BROWSER_SCRIPT = [TEXT, FILTERS, LIST, DETAIL, NAVIGATION].join('');
