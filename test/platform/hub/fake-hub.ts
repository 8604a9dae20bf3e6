import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A file of a repository; what the hub says of it may be a lie. */
export interface FakeFile {
  readonly content: Buffer;
  /** Kept outside git: addressed by SHA-256 and served from another host. */
  readonly lfs?: boolean;
  /** Size in the listing, where it is not the true one. */
  readonly listedSize?: number;
}

export interface FakeModel {
  readonly commit: string;
  readonly files: Record<string, FakeFile>;
  readonly gated?: boolean;
  /** Members of the model's entry in search results. */
  readonly entry?: Record<string, unknown>;
}

/** What a test does to an answer; true when it has answered itself. */
export type Interference = (request: IncomingMessage, response: ServerResponse, at: 'hub' | 'cdn') => boolean;

export const gitSha1 = (content: Buffer): string =>
  createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
export const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** A real HTTP server with the part of the Hugging Face hub's interface that is used, and a second one as its CDN. */
export class FakeHub {
  readonly models = new Map<string, FakeModel>();
  /** Repositories of datasets by id, at their revisions by name. */
  readonly datasets = new Map<string, Readonly<Record<string, FakeModel>>>();
  readonly requests: {
    at: 'hub' | 'cdn';
    method: string;
    url: string;
    headers: IncomingMessage['headers'];
  }[] = [];
  /** Bytes of files sent so far. */
  bytesServed = 0;
  interfere: Interference = () => false;
  /** Entries of a listing in one answer. */
  pageSize = Infinity;
  private readonly hub: Server = createServer((request, response) => this.answer(request, response, 'hub'));
  private readonly cdn: Server = createServer((request, response) => this.answer(request, response, 'cdn'));

  static async start(): Promise<FakeHub> {
    const fake = new FakeHub();
    for (const server of [fake.hub, fake.cdn]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    return fake;
  }

  async stop(): Promise<void> {
    for (const server of [this.hub, this.cdn]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.hub.address() as AddressInfo).port}`;
  }

  /** Addresses asked for, in order. */
  get paths(): string[] {
    return this.requests.map(({ url }) => url);
  }

  /** Forgets what was asked, served, stored and disturbed. */
  reset(): void {
    this.models.clear();
    this.datasets.clear();
    this.requests.length = 0;
    this.bytesServed = 0;
    this.interfere = () => false;
    this.pageSize = Infinity;
  }

  /** Sends a file or a part of it, as the request's `Range` and `If-Range` say. */
  sendFile(request: IncomingMessage, response: ServerResponse, content: Buffer, etag: string): void {
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const condition = request.headers['if-range'];
    response.setHeader('etag', `"${etag}"`);
    if (range === null || (condition !== undefined && condition !== `"${etag}"`)) {
      this.bytesServed += content.length;
      response.writeHead(200, { 'content-length': content.length }).end(content);
      return;
    }
    const begin = Number(range[1]);
    const end = range[2] === '' ? content.length : Math.min(content.length, Number(range[2]) + 1);
    if (begin >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      return;
    }
    this.bytesServed += end - begin;
    response
      .writeHead(206, {
        'content-length': end - begin,
        'content-range': `bytes ${begin}-${end - 1}/${content.length}`,
      })
      .end(content.subarray(begin, end));
  }

  private answer(request: IncomingMessage, response: ServerResponse, at: 'hub' | 'cdn'): void {
    const { method = '', url = '', headers } = request;
    this.requests.push({ at, method, url, headers });
    if (this.interfere(request, response, at)) return;
    const { pathname, searchParams } = new URL(url, 'http://host');
    if (pathname === '/api/models') {
      this.search(searchParams, response);
      return;
    }
    const path = decodeURIComponent(pathname);
    const ofDataset = /^\/(?:api\/)?datasets\/([^/]+\/[^/]+)\/(revision|tree|resolve)\/(.+)$/.exec(path);
    if (at === 'hub' && ofDataset !== null) {
      this.answerDataset(ofDataset, request, response);
      return;
    }
    const match =
      at === 'cdn'
        ? /^\/cdn\/([^/]+\/[^/]+)\/(.+)$/.exec(path)
        : /^\/(?:api\/models\/)?([^/]+\/[^/]+)\/(.+)$/.exec(path);
    const own = match?.[1] ?? '';
    const holds = ({ files }: FakeModel): boolean => at === 'cdn' && Object.hasOwn(files, match?.[2] ?? '');
    const model =
      this.models.get(own) ?? Object.values(this.datasets.get(own) ?? {}).find((revision) => holds(revision));
    if (match === null || model === undefined) {
      fail(response, 401, 'RepoNotFound');
      return;
    }
    const [, id = '', rest = ''] = match;
    if (at === 'cdn') {
      const file = model.files[rest];
      if (file === undefined) {
        fail(response, 404, 'EntryNotFound');
        return;
      }
      this.sendFile(request, response, file.content, sha256(file.content));
      return;
    }
    const [verb = '', revision = '', ...path_] = rest.split('/');
    if (revision !== 'main' && revision !== 'HEAD' && revision !== model.commit) {
      fail(response, 404, 'RevisionNotFound');
      return;
    }
    if (verb === 'revision') {
      json(response, {
        _id: '1',
        id,
        sha: model.commit,
        gated: model.gated === true ? 'manual' : false,
        siblings: Object.keys(model.files).map((rfilename) => ({ rfilename })),
      });
      return;
    }
    if (verb === 'tree') {
      this.tree(model, url, response);
      return;
    }
    if (verb === 'resolve') {
      this.resolve(model, id, path_.join('/'), request, response);
      return;
    }
    fail(response, 404, 'EntryNotFound');
  }

  private answerDataset(
    [, id = '', verb, rest = '']: RegExpExecArray,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const revisions = this.datasets.get(id);
    if (revisions === undefined) {
      fail(response, 401, 'RepoNotFound');
      return;
    }
    const found = Object.entries(revisions).find(
      ([name, { commit }]) => [name, commit].includes(rest) || rest.startsWith(`${commit}/`),
    )?.[1];
    if (found === undefined) fail(response, 404, 'RevisionNotFound');
    else if (found.gated === true && request.headers.authorization === undefined)
      fail(response, 401, 'GatedRepo');
    else if (verb === 'revision') json(response, { _id: '1', id, sha: found.commit });
    else if (verb === 'tree') this.tree(found, request.url ?? '', response);
    else this.resolve(found, id, rest.slice(found.commit.length + 1), request, response);
  }

  private resolve(
    model: FakeModel,
    id: string,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    if (model.gated === true && request.headers.authorization === undefined) {
      fail(response, 401, 'GatedRepo');
      return;
    }
    const file = model.files[path];
    if (file === undefined) {
      fail(response, 404, 'EntryNotFound');
      return;
    }
    response.setHeader('x-repo-commit', model.commit);
    if (file.lfs !== true) {
      this.sendFile(request, response, file.content, gitSha1(file.content));
      return;
    }
    const address = `http://127.0.0.1:${(this.cdn.address() as AddressInfo).port}/cdn/${id}/${path}`;
    response
      .writeHead(302, {
        location: address,
        'x-linked-etag': `"${sha256(file.content)}"`,
        'x-linked-size': file.content.length,
      })
      .end();
  }

  private tree(model: FakeModel, url: string, response: ServerResponse): void {
    const { searchParams } = new URL(url, this.endpoint);
    const start = Number(searchParams.get('cursor') ?? 0);
    const entries = Object.entries(model.files).map(([path, { content, lfs, listedSize }]) => {
      const size = listedSize ?? content.length;
      return {
        type: 'file',
        path,
        size,
        oid: gitSha1(content),
        ...(lfs === true && { lfs: { oid: sha256(content), size, pointerSize: 135 } }),
      };
    });
    if (start + this.pageSize < entries.length) {
      const next = new URL(url, this.endpoint);
      next.searchParams.set('cursor', String(start + this.pageSize));
      response.setHeader('link', `<${next.href}>; rel="next"`);
    }
    json(response, entries.slice(start, start + this.pageSize));
  }

  private search(query: URLSearchParams, response: ServerResponse): void {
    const words = (query.get('search') ?? '').toLowerCase();
    const found = [...this.models]
      .filter(([id]) => id.toLowerCase().includes(words))
      .map(([id, { entry }]) => ({ _id: id, id, ...entry }));
    json(response, found.slice(0, Number(query.get('limit') ?? 20)));
  }
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** Answers with an error as the hub does. */
export function fail(response: ServerResponse, status: number, code: string): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'x-error-code': code })
    .end(JSON.stringify({ error: `fake ${code}` }));
}

/** A safetensors file written by hand: 8 bytes of length, the JSON header, then the data. */
export function safetensors(
  header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>,
  dataBytes: number,
): Buffer {
  const json_ = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json_.length));
  return Buffer.concat([length, json_, Buffer.alloc(dataBytes, 7)]);
}
