import { ANSWER_STREAM } from './answer-stream.js';
import { CONVERSATION } from './conversation.js';
import { CONTROLS } from './controls.js';
import { TEXT } from './text.js';

/**
 * The script of the chat page, one module that runs in the page as it stands here. It is JavaScript in a text because
 * it runs nowhere else; a test checks its types as strictly as the compiler checks all else.
 */
export const CHAT_SCRIPT = [TEXT, ANSWER_STREAM, CONVERSATION, CONTROLS].join('');
