import type { ChatMessage } from '../../tokenizers/chat-message.js';

/** Texts on which tokenizers that are nearly alike part: each is a known trouble of some converter. */
export const PROBE_TEXTS: readonly string[] = [
  'The quick brown fox jumps over the lazy dog.',
  'A word that ends  with   several spaces   ',
  ' leading space,\ttab\tand\r\nboth line ends\n\n\nand blank lines',
  'Ünïcödé: naïve café, Straße, smørrebrød, Łódź, ½ №',
  'cafe\u0301 and café are written alike',
  '漢字とかな交じり文、中文句子。한국어 문장입니다.',
  'Привет, мир! مرحبا بالعالم שלום עולם नमस्ते',
  'Emoji: 👍🏽 👩‍👩‍👧‍👦 🇪🇺 ❤️ and 🫠',
  'Digits 0 12 345 6789 1234567890 3.14159 1,000,000 2026-01-31',
  "def f(x):\n    return {\"a\": [x**2, -x], 'b': x != 0}  # don't\n",
  "It's what they'd've said: WE'LL, you're, I'M.",
  '<html><body class="x">&amp; </body></html> {{ not }} a {% template %}',
  'zero\u200bwidth, no\u00a0break, \u2028separator and a control \u0007 character',
];

const turn = (role: string, content: string): ChatMessage => ({ role, content });

/** Conversations of the shapes that chat templates tell apart. */
export const PROBE_CONVERSATIONS: readonly (readonly ChatMessage[])[] = [
  [turn('user', 'What is a lighthouse?')],
  [turn('user', 'Name a colour.'), turn('assistant', 'Blue.'), turn('user', 'Another one, please: 🎨')],
  [turn('system', 'Answer in one sentence.'), turn('user', 'Why does it rain?')],
  [
    turn('system', 'You are brief.'),
    turn('user', 'One\n\nTwo'),
    turn('assistant', 'Three, "four" {and} five'),
    turn('user', 'Six'),
    turn('assistant', 'Seven.'),
    turn('user', 'What comes next?'),
  ],
];

/** Plain prose to take the perplexity of where the user names no dataset; written for this purpose. */
export const PROBE_PROSE = [
  'The lamp of a lighthouse is turned by a motor no larger than that of a sewing machine. It needs little strength, because the lens floats in a bath of oil, and a finger is enough to set several tons of glass in motion. Keepers used to wind a clockwork every few hours; the last of them left when electricity came to the rock.',
  'To bake bread, mix flour, water, salt and a little yeast, and let the dough rest until it has doubled. Fold it, shape it, and let it rise once more. The oven must be hot before the loaf goes in. After half an hour, knock on the bottom: if it sounds hollow, the bread is done.',
  'Rain falls when drops in a cloud have grown too heavy for the rising air to carry. They begin as water on grains of dust or salt. Most of them evaporate before they reach the ground, and the rest run into rivers, soil and sea, from where the sun lifts the water again.',
];
