/** What every failure that a user can act on is thrown as, and the exit status of each code. */
export { EXIT_CODES, type ErrorCode } from './exit-codes.js';
export { ToolkitError } from './toolkit-error.js';
