/** The chat page in a real browser, against a server whose answers the tests write. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findChromium, HeadlessBrowser } from '../../core/evaluation/report/headless-browser.js';
import { FakeChatServer, sendError, type AnswerWriter } from './fake-chat-server.js';

const chromium = findChromium();
const suite = chromium === undefined ? "there is no chromium: install Debian's package" : 'in Chromium';

/** Windows' codes of keys, and the text that a key enters. */
const KEYS: Readonly<Record<string, { readonly code: number; readonly text?: string }>> = {
  Enter: { code: 13, text: '\r' },
  Escape: { code: 27 },
  Tab: { code: 9 },
};
const SHIFT = 8;
/** Milliseconds that the page may take for anything, on a busy machine. */
const PATIENCE = 15_000;

const answers = `[...document.querySelectorAll('li.assistant .text')].map((text) => text.textContent)`;

describe.skipIf(chromium === undefined)(`chat page, ${suite}`, () => {
  let browser: HeadlessBrowser;
  let server: FakeChatServer;

  beforeAll(async () => {
    browser = await HeadlessBrowser.start(chromium!);
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    server = await FakeChatServer.start();
    await browser.resize(1000, 700);
    return () => server.close();
  });

  /** Waits until an expression holds in the page. */
  async function until(expression: string): Promise<void> {
    await browser.evaluate(`new Promise((resolve, reject) => {
      const start = performance.now();
      const look = () => {
        if (${expression}) resolve();
        else if (performance.now() - start > ${PATIENCE}) reject(new Error(${JSON.stringify(expression)} + ' is never true: ' + document.body.innerText));
        else setTimeout(look, 5);
      };
      look();
    })`);
  }

  async function openPage(): Promise<void> {
    await browser.open(server.url);
    browser.complaints.length = 0;
    await until(
      `document.getElementById('model').options.length > 0 || !document.getElementById('problem').hidden`,
    );
  }

  async function press(key: string, modifiers = 0): Promise<void> {
    const { code, text } = KEYS[key]!;
    const event = { key, code: key, windowsVirtualKeyCode: code, modifiers, ...(text && { text }) };
    await browser.send('Input.dispatchKeyEvent', { type: 'keyDown', ...event });
    await browser.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
  }

  const type = (text: string): Promise<unknown> => browser.send('Input.insertText', { text });
  const textOf = (id: string): Promise<string> =>
    browser.evaluate(`document.getElementById('${id}').textContent`);
  const focused = (): Promise<string> => browser.evaluate('document.activeElement.id');

  /** Says something by the keyboard; the answer is the writer's. */
  async function say(text: string): Promise<AnswerWriter> {
    const asked = new Promise<AnswerWriter>((resolve) => {
      server.answer = (_request, writer) => resolve(writer);
    });
    await type(text);
    await press('Enter');
    return asked;
  }

  it('writes an answer while it comes, and tells screen readers of it when it is whole', async () => {
    await openPage();
    const writer = await say('Who wrote Moby-Dick?');
    writer.piece('Herman ');
    await until(`${answers}[0] === 'Herman '`);
    expect(await textOf('announcement')).toBe('');
    // Pieces may come apart anywhere, in the middle of a character too.
    const rest = Buffer.from(
      `data: ${JSON.stringify({ choices: [{ delta: { content: 'Melville 🐋' } }] })}\r\n\r\n`,
    );
    const middle = rest.indexOf('🐋') + 2;
    writer.response.write(rest.subarray(0, middle));
    await new Promise((resolve) => setTimeout(resolve, 20));
    writer.response.write(rest.subarray(middle));
    await until(`${answers}[0] === 'Herman Melville 🐋'`);
    writer.done();
    await until(`document.getElementById('announcement').textContent !== ''`);
    expect(await textOf('announcement')).toMatch(/^Answer, 1 token, \d+\.\d s: Herman Melville 🐋$/);
    expect(server.requests).toEqual([
      {
        model: 'first-model',
        messages: [{ role: 'user', content: 'Who wrote Moby-Dick?' }],
        stream: true,
        stream_options: { include_usage: true },
      },
    ]);
    expect(await focused()).toBe('message');
    expect(browser.complaints).toEqual([]);
  });

  it('sends what has been said, the settings and the chosen model, and keeps them over a reload', async () => {
    await openPage();
    await browser.evaluate(`(() => {
      for (const [id, value] of Object.entries({ model: 'second-model', system: 'Be brief.', temperature: '0.5', 'max-tokens': '9' })) {
        const field = document.getElementById(id);
        field.value = value;
        field.dispatchEvent(new Event('change', { bubbles: true }));
      }
    })()`);
    const first = await say('One');
    first.piece('Two');
    first.done();
    await until(`document.getElementById('stop').hidden`);
    await openPage();
    expect(await browser.evaluate(answers)).toEqual(['Two']);
    const second = await say('Three');
    second.piece('Four');
    second.done();
    await until(`${answers}.length === 2 && document.getElementById('stop').hidden`);
    expect(server.requests[1]).toMatchObject({
      model: 'second-model',
      temperature: 0.5,
      max_tokens: 9,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'One' },
        { role: 'assistant', content: 'Two' },
        { role: 'user', content: 'Three' },
      ],
    });
    await browser.evaluate(`document.getElementById('clear').click()`);
    expect(
      await browser.evaluate(
        `[document.querySelectorAll('#conversation li').length, sessionStorage.getItem('chat').includes('Two')]`,
      ),
    ).toEqual([0, false]);
  });

  it('stops an answer at Escape, tells the server, and keeps what was written', async () => {
    await openPage();
    const writer = await say('Count.');
    writer.piece('1 2 3');
    await until(`${answers}[0] === '1 2 3'`);
    await press('Escape');
    await until(`document.getElementById('stop').hidden`);
    await expect.poll(() => server.brokenOff, { timeout: PATIENCE }).toBe(1);
    expect(await browser.evaluate(`document.querySelector('li.assistant .under').textContent`)).toBe(
      'Copystopped',
    );
    expect(await browser.evaluate(`document.getElementById('problem').hidden`)).toBe(true);
    const next = await say('Go on.');
    next.piece('4');
    next.done();
    await until(`${answers}[1] === '4'`);
    expect(server.requests[1]!.messages[1]).toEqual({ role: 'assistant', content: '1 2 3' });
  });

  it('shows HTML, scripts and control characters of an answer as text', async () => {
    await openPage();
    const writer = await say('<b id="mine">Hi</b>');
    const hostile =
      '<script>globalThis.obeyed = 1</script><img src=x onerror="globalThis.obeyed = 2"> [l](javascript:alert(1)) \u001b[31mred\u202e\u0000';
    writer.piece(
      `${hostile}\n\`\`\`html\n<script>globalThis.obeyed = 3</script>\n\`\`\`\nand **<i>strong</i>**, \`<u>code</u>\``,
    );
    writer.done();
    await until(`document.getElementById('stop').hidden`);
    expect(
      await browser.evaluate(
        `[globalThis.obeyed ?? null, document.scripts.length, document.querySelectorAll('img,i,u,b,li a').length, document.getElementById('mine')]`,
      ),
    ).toEqual([null, 1, 0, null]);
    expect(await browser.evaluate(`${answers}[0]`)).toBe(
      '<script>globalThis.obeyed = 1</script><img src=x onerror="globalThis.obeyed = 2"> [l](javascript:alert(1)) \\x1b[31mred\\u202e\\x00' +
        '<script>globalThis.obeyed = 3</script>\nand <i>strong</i>, <u>code</u>',
    );
    expect(
      await browser.evaluate(
        `[...document.querySelectorAll('.text pre code, .text strong, div > code')].map((part) => part.textContent)`,
      ),
    ).toEqual(['<script>globalThis.obeyed = 3</script>\n', '<i>strong</i>', '<u>code</u>']);
    expect(browser.complaints).toEqual([]);
  });

  it.each([
    [
      'a refusal',
      (writer: AnswerWriter) => sendError(writer.response, 429, 'Too many requests wait.'),
      'Too many requests wait.',
    ],
    [
      'an answer that ends early',
      (writer: AnswerWriter) => writer.response.end('data: {"choices":[]}\n\n'),
      'The connection ended before the answer did.',
    ],
    [
      'an error amid the answer',
      (writer: AnswerWriter) => {
        writer.piece('Half');
        writer.raw('data: {"error":{"message":"Out of memory."}}\n\n');
        writer.response.end();
      },
      'Out of memory.',
    ],
    [
      'a lost connection',
      (writer: AnswerWriter) => writer.response.destroy(),
      'The server cannot be reached.',
    ],
  ] as const)('tells of %s, and asks again when told to', async (_, fail, message) => {
    await openPage();
    // Again and again: Chromium asks once more by itself where a connection that it kept turns out to be closed.
    server.answer = (_request, writer) => fail(writer);
    await type('Hello?');
    await press('Enter');
    await until(`!document.getElementById('problem').hidden`);
    expect(await textOf('problem')).toContain(message);
    server.answer = (_request, writer) => {
      writer.piece('Here.');
      writer.done();
    };
    await browser.evaluate(`document.querySelector('#problem button').click()`);
    await until(`document.getElementById('stop').hidden && ${answers}.at(-1) === 'Here.'`);
    expect(await browser.evaluate(`[${answers}.length, document.getElementById('problem').hidden]`)).toEqual([
      1,
      true,
    ]);
    expect(server.requests.at(-1)!.messages).toEqual([{ role: 'user', content: 'Hello?' }]);
  });

  it('asks for a key where the server does, and stores it nowhere', async () => {
    server.key = 'sesame-1';
    await openPage();
    expect([await textOf('problem'), await focused()]).toEqual(['The server asks for an API key.', 'key']);
    await type('wrong');
    await press('Enter');
    await until(`document.getElementById('problem').textContent.includes('does not take')`);
    await browser.evaluate(`document.getElementById('key').select()`);
    await type('sesame-1');
    await press('Enter');
    await until(`document.getElementById('key-form').hidden`);
    const writer = await say('Open?');
    writer.piece('Open.');
    writer.done();
    await until(`${answers}[0] === 'Open.'`);
    expect(
      await browser.evaluate(
        `JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie, location.href])`,
      ),
    ).not.toContain('sesame');
  });

  it('can be worked by the keyboard alone, in the order of the page', async () => {
    await openPage();
    expect(await focused()).toBe('message');
    await type('a');
    await press('Enter', SHIFT);
    await type('b');
    expect(server.requests).toEqual([]);
    const writer = await say('');
    expect(server.requests[0]!.messages).toEqual([{ role: 'user', content: 'a\nb' }]);
    await press('Tab');
    expect(await focused()).toBe('stop');
    writer.piece('c');
    writer.done();
    await until(`document.getElementById('stop').hidden`);
    // Past the last button to the beginning of the page; the link comes into sight when it has the focus.
    await press('Tab');
    await press('Tab');
    const order: string[] = [];
    for (let step = 0; step < 9; step++) {
      await press('Tab');
      order.push(
        await browser.evaluate(`(() => {
          const element = document.activeElement;
          const { outlineStyle, outlineWidth } = getComputedStyle(element);
          const { left, width } = element.getBoundingClientRect();
          const isSeen = left >= 0 && width > 0 && outlineStyle === 'solid' && outlineWidth === '2px';
          return (element.id || element.textContent) + (isSeen ? '' : ' (unseen)');
        })()`),
      );
    }
    expect(order).toEqual([
      ...['To the message', 'model', 'theme', 'clear', 'Settings', 'Copy', 'Copy', 'message', 'send'],
    ]);
  });

  it('copies an answer as the model wrote it', async () => {
    await openPage();
    await browser.evaluate(
      `void Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { globalThis.copied = text; } } })`,
    );
    const writer = await say('Code?');
    writer.piece('```\n\u0007x\n```');
    writer.done();
    await until(`document.getElementById('stop').hidden`);
    await browser.evaluate(`document.querySelector('li.assistant button').click()`);
    await until(`document.querySelector('li.assistant button').textContent === 'Copied'`);
    expect(await browser.evaluate('globalThis.copied')).toBe('```\n\u0007x\n```');
  });

  it('is dark or light as the reader prefers or says, with contrasts that all can read', async () => {
    const background = `getComputedStyle(document.body).backgroundColor`;
    const press = `document.getElementById('theme').click()`;
    for (const [preference, own, other] of [
      ['light', 'rgb(255, 255, 255)', 'rgb(21, 24, 28)'],
      ['dark', 'rgb(21, 24, 28)', 'rgb(255, 255, 255)'],
    ] as const) {
      await browser.send('Emulation.setEmulatedMedia', {
        features: [
          { name: 'prefers-color-scheme', value: preference },
          { name: 'prefers-reduced-motion', value: 'reduce' },
        ],
      });
      await openPage();
      await browser.evaluate(`sessionStorage.clear()`);
      await openPage();
      expect(await browser.evaluate(background)).toBe(own);
      await browser.evaluate(press);
      expect(await browser.evaluate(background)).toBe(other);
      await openPage();
      expect(await browser.evaluate(background)).toBe(other);
      await browser.evaluate(`${press}; sessionStorage.clear()`);
      // WCAG 2.2, 1.4.3: at least 4.5 to 1 for text.
      expect(
        await browser.evaluate(`(() => {
          const canvas = document.createElement('canvas').getContext('2d');
          const rgb = (colour) => { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return canvas.getImageData(0, 0, 1, 1).data; };
          const luminance = (colour) => {
            const [r, g, b] = [...rgb(colour)].map((value) => value / 255).map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const probe = document.createElement('p');
          document.body.append(probe);
          const value = (name) => { probe.style.color = 'var(--' + name + ')'; return getComputedStyle(probe).color; };
          const pairs = [['ink', 'paper'], ['ink', 'own'], ['ink', 'panel'], ['ink', 'warning'], ['muted', 'paper'], ['muted', 'own'], ['accent', 'paper'], ['on-accent', 'accent'], ['escape', 'paper']];
          return pairs.filter((pair) => {
            const [low, high] = pair.map(value).map(luminance).sort((a, b) => a - b);
            return !((high + 0.05) / (low + 0.05) >= 4.5);
          });
        })()`),
      ).toEqual([]);
    }
    const writer = await say('Does it blink?');
    writer.piece('…');
    await until(`document.querySelector('.writing .text')?.textContent === '…'`);
    expect(
      await browser.evaluate(
        `getComputedStyle(document.querySelector('.writing .text'), '::after').animationName`,
      ),
    ).toBe('none');
    writer.done();
    await browser.send('Emulation.setEmulatedMedia', { features: [] });
  });

  it('fits screens of 320 pixels, whatever the model writes', async () => {
    await browser.resize(320, 568);
    server.models = ['a-model-with-a-name-that-is-a-good-deal-longer-than-phones-are-wide'];
    await openPage();
    const writer = await say('x'.repeat(500));
    writer.piece(`${'y'.repeat(500)}\n\`\`\`\n${'z'.repeat(500)}\n\`\`\`\n`);
    writer.done();
    await until(`document.getElementById('stop').hidden`);
    await browser.evaluate(`document.getElementById('settings').open = true`);
    expect(
      await browser.evaluate(
        `[document.documentElement.scrollWidth, document.querySelector('main').scrollWidth <= 320, document.getElementById('send').getBoundingClientRect().right <= 320, document.getElementById('message').getBoundingClientRect().bottom <= 568]`,
      ),
    ).toEqual([320, true, true, true]);
  });

  it('gives every control a name, and the live regions their roles', async () => {
    await openPage();
    const writer = await say('Hi');
    writer.piece('Ho');
    writer.done();
    await until(`document.getElementById('stop').hidden`);
    await browser.evaluate(
      `document.getElementById('settings').open = true; document.getElementById('key-form').hidden = false`,
    );
    const { nodes } = (await browser.send('Accessibility.getFullAXTree')) as {
      nodes: { ignored: boolean; role?: { value: string }; name?: { value: string } }[];
    };
    const named = nodes
      .filter(
        ({ ignored, role }) =>
          !ignored && /^(button|link|textbox|combobox|spinbutton|list|status)$/.test(role?.value ?? ''),
      )
      .map(({ role, name }) => `${role!.value} ${name?.value ?? ''}`);
    expect(named.sort()).toEqual(
      [
        ...['link To the message', 'combobox Model', 'button Dark', 'button Clear'],
        ...['textbox System prompt', 'spinbutton Temperature', 'spinbutton Longest answer, in tokens'],
        ...['list Conversation', 'button Copy your message', 'button Copy the answer'],
        ...['status ', 'textbox API key', 'button Use key', 'textbox Message', 'button Send'],
      ].sort(),
    );
  });
});
