import type { Hook } from '@oclif/core';
import { unknownCommandError } from './unknown-command.js';

/** Called by oclif when the words on the command line name no command. */
const commandNotFound: Hook<'command_not_found'> = async ({ id, config }) => {
  throw unknownCommandError(id, config);
};

export default commandNotFound;
