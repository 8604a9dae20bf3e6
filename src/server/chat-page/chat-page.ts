import { CHAT_SCRIPT } from './browser/script.js';
import { STYLE } from './style.js';

/** What RFC-conformant nonces are made of (Content Security Policy Level 3, `base64-value`). */
const NONCE = /^[A-Za-z0-9+/_-]+={0,2}$/;

/**
 * The chat page of a server: one HTML document that loads nothing, and talks to `/v1/models` and
 * `/v1/chat/completions` of the server that it came from.
 *
 * @param nonce of the response's Content-Security-Policy, which needs no more than `script-src 'nonce-…'`,
 *   `style-src 'nonce-…'` and `connect-src 'self'`
 * @throws RangeError for a nonce that is not base64
 */
export function chatPage(nonce: string): string {
  if (!NONCE.test(nonce)) throw new RangeError('The nonce of a page must be base64.');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Chat</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<a class="skip" href="#message">To the message</a>
<header>
<h1>Chat</h1>
<label class="model">Model<select id="model"></select></label>
<button type="button" id="theme" aria-pressed="false">Dark</button>
<button type="button" id="clear">Clear</button>
<details id="settings">
<summary>Settings</summary>
<div class="fields">
<label class="wide">System prompt<textarea id="system" rows="3" placeholder="None"></textarea></label>
<label>Temperature<input id="temperature" type="number" min="0" max="2" step="0.1" inputmode="decimal" placeholder="as the server has it"></label>
<label>Longest answer, in tokens<input id="max-tokens" type="number" min="1" step="1" inputmode="numeric" placeholder="as the server has it"></label>
</div>
</details>
</header>
<main>
<noscript><p class="problem">This page needs JavaScript, which is switched off.</p></noscript>
<p id="empty" class="note">Nothing has been said yet. Enter sends, Shift and Enter begin a new line, Esc stops an answer. The conversation stays in this tab, until it is closed or cleared.</p>
<ol id="conversation" role="list" aria-label="Conversation"></ol>
<div id="announcement" class="unseen" role="status" aria-live="polite"></div>
</main>
<footer>
<div id="problem" class="problem" role="alert" hidden></div>
<form id="key-form" hidden>
<label>API key<input id="key" type="password" autocomplete="off" spellcheck="false"></label>
<button type="submit">Use key</button>
</form>
<form id="composer">
<label for="message" class="unseen">Message</label>
<textarea id="message" rows="2" placeholder="Message" enterkeyhint="send"></textarea>
<button type="submit" id="send" class="main">Send</button>
<button type="button" id="stop" class="main" hidden>Stop</button>
</form>
</footer>
<script type="module" nonce="${nonce}">${CHAT_SCRIPT}</script>
</body>
</html>
`;
}
