import { PIPELINE_DATA } from '@huggingface/tasks';
import { parse } from 'csv-parse/sync';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import Search from '../../../src/commands/select/search.js';
import { HUB_TASKS } from '../../../src/lifecycle/select/hub-tasks.js';
import { exampleCommandLines } from '../../cli/examples.js';
import { fakePorts } from '../../cli/fake-ports.js';
import { runCommand, type CommandRun } from '../../cli/run-command.js';
import { FakeHub } from '../../platform/hub/fake-hub.js';

let hub: FakeHub;
beforeAll(async () => {
  hub = await FakeHub.start();
});
afterAll(() => hub.stop());
afterEach(() => {
  hub.reset();
});

const search = async (...argv: string[]): Promise<CommandRun> =>
  runCommand(
    Search,
    argv,
    fakePorts({ environment: { HF_ENDPOINT: hub.endpoint, HF_HOME: '/nonexistent' } }),
  );

const publish = (id: string, entry: Record<string, unknown>): void => {
  hub.models.set(id, { commit: 'a'.repeat(40), files: {}, entry });
};
const publishTwo = (): void => {
  publish('acme/tiny-chat', {
    pipeline_tag: 'text-generation',
    downloads: 1234567,
    likes: 89,
    gated: 'manual',
    lastModified: '2025-06-07T08:09:10.000Z',
    tags: ['pytorch', 'license:apache-2.0'],
    safetensors: { total: 135_000_000, parameters: { BF16: 135_000_000 } },
  });
  publish('acme/tiny-bare', {});
};

describe('genai select search', () => {
  it('lists what the hub says of each model', async () => {
    publishTwo();
    const { stdout } = await search('tiny');
    const [head, first, second] = stdout.split('\n').map((line) => line.split(/\s{2,}/));
    expect(head).toEqual(['Model', 'task', 'parameters', 'downloads', 'likes', 'licence', 'updated']);
    expect([first, second]).toContainEqual([
      'acme/tiny-chat',
      'text-generation',
      '135M',
      '1,234,567',
      '89',
      'apache-2.0 (gated)',
      '2025-06-07',
    ]);
  });

  it('gives the same as JSON, with null for what is not said', async () => {
    publishTwo();
    const { stdout } = await search('tiny', '--json');
    expect(JSON.parse(stdout)).toEqual({
      models: [
        {
          id: 'acme/tiny-chat',
          task: 'text-generation',
          downloads: 1234567,
          likes: 89,
          license: 'apache-2.0',
          gated: true,
          parameters: 135_000_000,
          updated_at: '2025-06-07T08:09:10.000Z',
        },
        {
          id: 'acme/tiny-bare',
          task: null,
          downloads: null,
          likes: null,
          license: null,
          gated: false,
          parameters: null,
          updated_at: null,
        },
      ],
    });
  });

  it('gives the same as CSV', async () => {
    publishTwo();
    const { stdout } = await search('tiny', '--csv');
    const rows: Record<string, string>[] = parse(stdout, { columns: true });
    expect(rows[0]).toMatchObject({ id: 'acme/tiny-chat', parameters: '135000000', gated: 'true' });
    expect(rows[1]).toMatchObject({ id: 'acme/tiny-bare', parameters: '' });
  });

  it('asks for what the flags say', async () => {
    publishTwo();
    await search(
      ...[
        'tiny',
        'chat',
        '--author',
        'acme',
        '--task',
        'text-generation',
        '--sort',
        'updated',
        '--limit',
        '7',
      ],
    );
    const { searchParams } = new URL(hub.paths[0] ?? '', hub.endpoint);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      search: 'tiny chat',
      author: 'acme',
      pipeline_tag: 'text-generation',
      sort: 'lastModified',
      limit: '7',
    });
  });

  it('lists no more than asked for, whatever the hub sends', async () => {
    publishTwo();
    hub.interfere = (_request, response) => {
      response.end(JSON.stringify([{ id: 'acme/a' }, { id: 'acme/b' }, { id: 'acme/c' }]));
      return true;
    };
    const { models } = JSON.parse((await search('--limit', '2', '--json')).stdout) as { models: unknown[] };
    expect(models).toHaveLength(2);
  });

  it('shows hostile texts as text', async () => {
    publish('acme/\u001b[31mred', { pipeline_tag: '\u202etxet', tags: ['license:\u0007mit'] });
    const { stdout } = await search();
    expect(stdout).toContain('acme/\\x1b[31mred');
    expect(stdout).toContain('\\u202etxet');
    expect(stdout).toContain('\\x07mit');
  });

  it('says that nothing was found', async () => {
    expect((await search('nothing')).stdout).toBe('No model was found; try fewer words.\n');
  });

  it.each([
    ['--limit', '0'],
    ['--limit', '-3'],
    ['--limit', 'x'],
    ['--limit', '1001'],
    ['--sort', 'size'],
    ['--author', '../x'],
    ['--author', ''],
    ['--task', 'text generation'],
  ])('refuses %s %s, and asks nobody', async (...argv) => {
    expect((await search('tiny', ...argv)).error).toMatchObject({ code: 'USAGE' });
    expect(hub.requests).toEqual([]);
  });

  it('names the task that was meant, or all of them', async () => {
    expect((await search('--task', 'text-generaton')).error?.hint).toMatch(
      /^Did you mean text-generation\b.*\?$/,
    );
    expect((await search('--task', 'zzzzzzzzzzzz')).error?.hint).toContain('summarization, translation');
  });

  it('knows the tasks that the hub’s own package lists', () => {
    expect([...HUB_TASKS].sort()).toEqual(Object.keys(PIPELINE_DATA).sort());
  });

  it.each([['{}'], ['[null]'], ['[{"id":5}]'], ['no JSON']])(
    'calls the answer %j one that cannot be used',
    async (answer) => {
      hub.interfere = (_request, response) => {
        response.end(answer);
        return true;
      };
      expect((await search('tiny')).error).toMatchObject({ code: 'NETWORK' });
    },
  );

  it('does not follow the hub to a next page elsewhere', async () => {
    hub.interfere = (_request, response) => {
      response.setHeader('link', '<http://127.0.0.1:9/api/models?cursor=2>; rel="next"');
      response.end('[{"id":"acme/a"}]');
      return true;
    };
    expect((await search('tiny')).error).toMatchObject({
      code: 'NETWORK',
      message: expect.stringContaining('another address'),
    });
  });

  it.each(exampleCommandLines(Search, 'select search'))('runs its example: %s %s %s …', async (...line) => {
    publish('HuggingFaceTB/SmolLM2-135M', { downloads: 5 });
    const { error, stdout } = await search(...line.slice(3));
    expect(error).toBeUndefined();
    expect(stdout).toContain('SmolLM2-135M');
  });
});
