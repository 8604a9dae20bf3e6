/**
 * What runs a server elsewhere, read back by parsers of their own: the YAML parser, `JSON.parse`, and a reader of
 * systemd's quotation written from systemd.syntax(7). The linters themselves (hadolint, kubeconform, compose's loader,
 * systemd-analyze) are not here; what they object to is held by the assertions on structure.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { ToolkitError } from '../../../src/core/errors/toolkit-error.js';
import {
  deployContainer,
  type DeployContainerOptions,
  type DeployContainerResult,
} from '../../../src/lifecycle/deploy/container.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const TEMPLATES = fileURLToPath(new URL('../../../templates/container', import.meta.url));
/** A folder whose name means something to every format here. */
const ODD_NAME = `it's "odd": $HOME $(id) \${x} 100% #1 {{name}} \\ -`;

let folder: string;
let model: string;
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-container-'));
  model = join(folder, ODD_NAME);
  mkdirSync(model);
  writeFileSync(join(model, 'config.json'), '{}');
  writeFileSync(join(folder, 'it $is.gguf'), 'GGUF');
});
afterAll(() => rmSync(folder, { recursive: true }));

async function make(
  more: Partial<DeployContainerOptions> = {},
): Promise<DeployContainerResult & { read: (file: string) => string }> {
  const out = join(folder, `out-${++count}`);
  const result = await deployContainer(
    {
      ...{ model, target: 'all', out, port: 9000, slots: 3, context: 1024, cpus: 2 },
      ...{ program: '/usr/local/bin/genai', ...more },
    },
    {
      ...{ files: nodeFileSystem, templates: TEMPLATES, version: '1.2.3' },
      describeModel: async () => ({
        contextLength: 1024,
        servingBytes: (slots, context) => slots * context * MIB,
      }),
    },
  );
  return { ...result, read: (file) => readFileSync(join(result.folder, file), 'utf8') };
}

/** The words of a line of a unit: quotation and escapes undone, then `%%` and `$$` (systemd.syntax(7), systemd.service(5)). */
function unitWords(text: string, { isCommand }: { isCommand: boolean }): string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, bare]) => {
    const word = (quoted ?? bare!).replace(/\\(.)/g, '$1').replaceAll('%%', '%');
    return isCommand ? word.replaceAll('$$', '$') : word;
  });
}

const serve = (place: string, host: string): string[] => [
  ...['deploy', 'serve', place, '--host', host, '--port', '9000', '--slots', '3', '--context', '1024'],
];

describe('a Dockerfile', () => {
  it('is of two stages and pinned images, runs as an ordinary user, and is asked how it is', async () => {
    const { read } = await make();
    const lines = read('Dockerfile')
      .replace(/\\\n/g, '')
      .split('\n')
      .filter((line) => /^[A-Z]/.test(line));
    const from = lines.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' ')[1]!);
    expect(from).toEqual(['node:20.20.2-bookworm-slim', 'scratch', 'node:20.20.2-bookworm-slim']);
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
    const only = (instruction: string): string => {
      const found = last.filter((line) => line.startsWith(`${instruction} `));
      expect(found, instruction).toHaveLength(1);
      return found[0]!.slice(instruction.length + 1).trim();
    };
    expect([only('USER'), only('EXPOSE'), only('STOPSIGNAL')]).toEqual(['10001:10001', '9000', 'SIGTERM']);
    expect(JSON.parse(only('CMD'))).toEqual(serve('/model', '0.0.0.0'));
    expect(JSON.parse(only('ENTRYPOINT'))).toEqual(['/usr/local/bin/entrypoint.sh']);
    const check = JSON.parse(/CMD (\[.*\])$/.exec(only('HEALTHCHECK'))![1]!) as string[];
    expect(check.slice(0, 2)).toEqual(['node', '-e']);
    expect(() => new Script(check[2]!)).not.toThrow();
    expect(check[2]).toContain('http://127.0.0.1:9000/health');
    expect(lines.filter((line) => line.startsWith('RUN '))).toEqual([
      expect.stringMatching(/ genai-toolkit@1\.2\.3 /),
    ]);
    expect(
      read('.dockerignore')
        .split('\n')
        .filter((line) => !/^#|^$/.test(line)),
    ).toEqual(['*', '!entrypoint.sh']);
  });
});

/** yamllint's default rules of flow lists, and of comments behind values, outside of quotation marks. */
describe.each([false, true])('YAML, with the model in the image: %s', (modelInImage) => {
  it('is spaced as yamllint asks', async () => {
    const { read } = await make({ modelInImage });
    for (const file of ['compose.yaml', 'kubernetes.yaml']) {
      const lines = read(file)
        .split('\n')
        .filter((line) => !/^\s*#/.test(line))
        .map((line) => line.replace(/"(?:[^"\\]|\\.)*"/g, '""'));
      expect(lines.filter((line) => /\[ | \]|,"|\S #/.test(line))).toEqual([]);
      expect(lines.some((line) => line.includes('["", ""'))).toBe(true);
    }
  });
});

describe('a compose file', () => {
  it('gives the server no more than it needs', async () => {
    const { read, memory_limit_bytes: limit, estimated_bytes: estimated } = await make();
    const { services, secrets } = parse(read('compose.yaml'));
    // What its first lines tell users to run leaves the key unreadable for others.
    expect(read('compose.yaml')).toMatch(
      /^# {3}\(umask 077; .* > api-key\.txt\) && sudo chown 10001 api-key\.txt$/m,
    );
    const { model: service } = services;
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      ports: [{ target: 9000, published: 9000, host_ip: '127.0.0.1' }],
      environment: { GENAI_API_KEY_FILE: '/run/secrets/api-key' },
      secrets: ['api-key'],
    });
    expect(secrets).toEqual({ 'api-key': { file: './api-key.txt' } });
    expect(service.healthcheck.test.at(-1)).toContain('http://127.0.0.1:9000/ready');
    // 3 · 1024 MiB are estimated; a quarter more is 3840 MiB, a multiple of 128.
    expect([estimated, limit]).toEqual([3 * GIB, 3840 * MIB]);
    expect(service.deploy.resources.limits).toEqual({ cpus: 2, memory: '3840m', pids: 256 });
  });

  it('mounts the model, or takes it into the image', async () => {
    // Compose reads $$ as a dollar that means itself.
    const undo = (text: string): string => text.replaceAll('$$', '$');
    const { services } = parse((await make()).read('compose.yaml'));
    const [volume] = services.model.volumes;
    expect(volume).toMatchObject({ type: 'bind', target: '/model', read_only: true });
    expect(undo(volume.source)).toBe(model);
    expect(volume.source.replaceAll('$$', '')).not.toContain('$');

    const inside = await make({ modelInImage: true });
    const service = parse(inside.read('compose.yaml')).services.model;
    expect(service.volumes).toBeUndefined();
    expect(undo(service.build.additional_contexts.model)).toBe(model);

    const file = await make({ model: join(folder, 'it $is.gguf'), target: 'compose' });
    expect(undo(parse(file.read('compose.yaml')).services.model.volumes[0].target)).toBe(
      '/model/it $is.gguf',
    );
    const command = /^CMD (.*)$/m.exec(file.read('Dockerfile').split('ENTRYPOINT')[1]!)![1]!;
    expect(JSON.parse(command)).toEqual(serve('/model/it $is.gguf', '0.0.0.0'));
  });
});

describe('manifests for Kubernetes', () => {
  // Manifests have many forms, of which few fields are read.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  const kinds = (text: string): Record<string, any> =>
    Object.fromEntries(
      parseAllDocuments(text).map((document) => {
        expect(document.errors).toEqual([]);
        const value = document.toJS() as { kind: string };
        return [value.kind, value];
      }),
    );

  it('fit together, and give the server no more than it needs', async () => {
    const { read, name } = await make({ name: 'first' });
    const { Deployment, Service, NetworkPolicy, PersistentVolumeClaim } = kinds(read('kubernetes.yaml'));
    expect(name).toBe('first');
    const pod = Deployment.spec.template;
    const [container] = pod.spec.containers;
    for (const selector of [
      Deployment.spec.selector.matchLabels,
      Service.spec.selector,
      NetworkPolicy.spec.podSelector.matchLabels,
    ]) {
      expect(pod.metadata.labels).toMatchObject(selector);
    }
    expect(pod.spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 10001,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.spec.automountServiceAccountToken).toBe(false);
    expect(container.securityContext).toMatchObject({
      ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    });
    expect(container.image).toBe('first:1.2.3');
    expect(container.args).toEqual(serve('/model', '0.0.0.0'));
    expect(
      [container.startupProbe, container.livenessProbe, container.readinessProbe].map(
        ({ httpGet }) => httpGet,
      ),
    ).toEqual([
      ...[
        { path: '/ready', port: 'http' },
        { path: '/health', port: 'http' },
        { path: '/ready', port: 'http' },
      ],
    ]);
    expect(container.ports).toEqual([{ name: 'http', containerPort: 9000, protocol: 'TCP' }]);
    expect(Service.spec.ports).toEqual([{ name: 'http', port: 9000, targetPort: 'http', protocol: 'TCP' }]);
    expect(container.resources).toEqual({
      requests: { cpu: 2, memory: '3840Mi' },
      limits: { cpu: 2, memory: '3840Mi' },
    });
    expect(NetworkPolicy.spec).toMatchObject({
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ podSelector: { matchLabels: { 'first-client': 'true' } } }] }],
      egress: [],
    });
    const volumes = pod.spec.volumes.map(({ name: volume }: { name: string }) => volume);
    expect(container.volumeMounts.map(({ name: volume }: { name: string }) => volume)).toEqual(volumes);
    expect(pod.spec.volumes[0].persistentVolumeClaim.claimName).toBe(PersistentVolumeClaim.metadata.name);
    expect(pod.spec.volumes[1].secret).toEqual({ secretName: 'first-api-key', defaultMode: 0o440 });
    expect(PersistentVolumeClaim.spec.resources.requests.storage).toBe('1Gi');
  });

  it('ask for no volume where the image holds the model', async () => {
    const { read, commands } = await make({
      target: 'kubernetes',
      modelInImage: true,
      name: 'first',
      image: 'registry.example.com:5000/models/first@sha256:' + 'a'.repeat(64),
    });
    const { Deployment, PersistentVolumeClaim } = kinds(read('kubernetes.yaml'));
    expect(PersistentVolumeClaim).toBeUndefined();
    const { volumes, containers } = Deployment.spec.template.spec;
    expect(volumes.map(({ name }: { name: string }) => name)).toEqual(['api-key', 'temporary']);
    expect(containers[0].volumeMounts.map(({ name }: { name: string }) => name)).toEqual([
      'api-key',
      'temporary',
    ]);
    expect(read('kubernetes.yaml')).toMatch(/^# A model server within a cluster/);
    expect(commands[0]).toContain(' --build-context "model=');
  });
});

describe('a systemd unit', () => {
  it('starts the server as a user without rights, and finds the model wherever it lies', async () => {
    const { read, files } = await make({ target: 'systemd', name: 'first' });
    expect(files).toEqual(['first.service']);
    const entries = read('first.service')
      .split('\n')
      .filter((line) => /^\w+=/.test(line));
    const value = (key: string): string[] =>
      entries.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
    expect(unitWords(value('ExecStart')[0]!, { isCommand: true })).toEqual([
      '/usr/local/bin/genai',
      ...serve(model, '127.0.0.1'),
    ]);
    expect(unitWords(value('BindReadOnlyPaths')[0]!, { isCommand: false })).toEqual([model]);
    for (const key of [
      'DynamicUser',
      'NoNewPrivileges',
      'PrivateDevices',
      'PrivateTmp',
      'RestrictNamespaces',
    ]) {
      expect(value(key), key).toEqual(['yes']);
    }
    expect([value('ProtectSystem'), value('ProtectHome'), value('CapabilityBoundingSet')]).toEqual([
      ['strict'],
      ['tmpfs'],
      [''],
    ]);
    expect([value('MemoryMax'), value('CPUQuota'), value('Environment')]).toEqual([
      ['3840M'],
      ['200%'],
      ['NODE_ENV=production', 'HOME=%t/first'],
    ]);
  });
});

describe('all targets', () => {
  it.each([
    [{ model: 'a\nb' }, /--model: must have no line breaks/],
    [{ image: 'first' }, /--image: must be the name of an image with its tag/],
    [{ image: 'first:1 --privileged' }, /--image/],
    [{ image: 'First:1' }, /--image/],
    [{ name: 'a"\nb' }, /--name/],
    [{ name: 'a'.repeat(41) }, /--name/],
    [{ port: 80 }, /--port/],
    [{ program: 'genai' }, /--program/],
    [{ program: '/bin/sh -c "x"' }, /--program/],
    [{ memoryGib: -1 }, /--memory-gib/],
  ])('refuse %j', async (options, message) => {
    const error = await make(options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ToolkitError);
    expect(error).toMatchObject({ code: 'USAGE', message: expect.stringMatching(message) as string });
  });

  it('have the context of the model, and no longer one', async () => {
    const { read } = await make({ context: undefined, target: 'systemd', name: 'first' });
    expect(read('first.service')).toContain('"--context" "1024"');
    await expect(make({ context: 1025 })).rejects.toMatchObject({ code: 'CONTEXT_OVERFLOW' });
  });

  it('refuse what is no model', async () => {
    await expect(make({ model: join(folder, 'none') })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    mkdirSync(join(folder, 'empty'));
    await expect(make({ model: join(folder, 'empty') })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('write over nothing, unless they are told to', async () => {
    const out = join(folder, 'once');
    await make({ out, target: 'docker' });
    writeFileSync(join(out, 'Dockerfile'), 'mine');
    await expect(make({ out })).rejects.toThrow(
      /is there already: "Dockerfile", "\.dockerignore", "entrypoint\.sh"/,
    );
    expect([readFileSync(join(out, 'Dockerfile'), 'utf8'), readdirSync(out).length]).toEqual(['mine', 3]);
    await make({ out, force: true });
    expect(readFileSync(join(out, 'Dockerfile'), 'utf8')).not.toBe('mine');
  });

  it('leave no mark that was not filled in, and take a limit that is told', async () => {
    const {
      read,
      files,
      memory_limit_bytes: limit,
      estimated_bytes: estimated,
    } = await make({ memoryGib: 3 });
    for (const file of files)
      expect(read(file).replaceAll('{{name}} \\', ''), file).not.toMatch(/\{\{\w+\}\}/);
    expect([limit, estimated]).toEqual([3 * GIB, null]);
    expect((await make({ memoryGib: 0.1 })).memory_limit_bytes).toBe(512 * MIB);
  });
});
