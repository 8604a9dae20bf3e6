import { createHash } from 'node:crypto';
import { Markup, markup } from './markup.js';

function contentHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/**
 * A whole HTML document that asks for nothing: its policy lets this style and this script run, and nothing else be run,
 * loaded or sent, whatever its data say.
 */
export function page({
  title,
  style,
  script,
  body,
}: {
  readonly title: string;
  readonly style: string;
  readonly script: string;
  readonly body: Markup;
}): string {
  const policy = [
    `default-src 'none'`,
    `script-src ${contentHash(script)}`,
    `style-src ${contentHash(style)}`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `require-trusted-types-for 'script'`,
    `trusted-types 'none'`,
  ].join('; ');
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
${body}
<script type="module">${new Markup(script)}</script>
</body>
</html>
`.html;
}
