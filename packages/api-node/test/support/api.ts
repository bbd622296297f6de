import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, createParts } from '@parley/api-node';
import {
  type Config,
  createLogger,
  createTracing,
  createMetrics,
  developmentSpace,
  mintToken,
  type Space,
} from '@parley/node-kit';
import type { Role } from '@parley/protocol';
import { createStore } from '@parley/store-postgres';
import { testDatabase, testRedisUrl } from '@parley/testkit';

export type Asked = { status: number; body: Record<string, unknown>; headers: Record<string, unknown> };
type Ask = { body?: unknown; headers?: Record<string, string> };

/** Somebody at the HTTP edge: what they ask carries their token and their space. */
export type Person = { userId: string; token: string; ask(method: string, url: string, more?: Ask): Promise<Asked> };

/** Quiet but for what tests look at: the lines of defects. */
function createQuietLogger() {
  const lines: { level: number; err?: { message: string } }[] = [];
  const log = createLogger(
    { nodeId: 'api', slot: 'a1', logLevel: 'error' },
    { write: (line) => void lines.push(JSON.parse(line)) },
  );
  return { log, lines };
}

export function spaceOf(name: string, more: Partial<Space> = {}): Space {
  return { ...developmentSpace(name), origins: ['https://app.example'], ...more };
}

/** The whole API node but for its ports, on a database of its own, in spaces that nobody else uses. */
export async function startApi(
  { databaseUrl, ...more }: Partial<Space> & { databaseUrl?: string } = {},
  overrides: Partial<Config> = {},
) {
  const database = databaseUrl === undefined ? await testDatabase(migrate) : undefined;
  const [first, second] = ['a', 'b'].map((mark) => spaceOf(`${mark}-${randomBytes(6).toString('hex')}`, more));
  if (!first || !second) throw new Error('two spaces');
  const { log, lines } = createQuietLogger();
  const filesPath = mkdtempSync(join(tmpdir(), 'parley-files-'));
  const config: Config = {
    nodeId: `api-${randomBytes(4).toString('hex')}`,
    slot: 'a1',
    host: '127.0.0.1',
    port: 0,
    privatePort: 0,
    databaseUrl: databaseUrl ?? database?.url ?? '',
    redisUrl: testRedisUrl(),
    presenceRedisUrl: testRedisUrl(),
    spacesPath: '',
    logLevel: 'error',
    drainMs: 0,
    workers: 1,
    traces: undefined,
    filesPath,
    filesSecret: 'a secret of tests for the links of files',
    urls: new Map(),
    production: false,
    tlsRequired: false,
    tryOut: true,
    ...overrides,
  };
  const made = createParts(
    config,
    new Map([first, second].map((space) => [space.name, space])),
    log,
    await createTracing(config, 'parley-api'),
  );
  const app = await createApp({ ...made, log, config });
  await made.start();

  const ask = async (method: string, url: string, { body, headers = {} }: Ask = {}): Promise<Asked> => {
    const answer = await app.inject({
      method: method as 'GET',
      url,
      headers: {
        'x-parley-space': first.name,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && {
        payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      }),
    });
    const text = answer.headers['content-type']?.toString() ?? '';
    return {
      status: answer.statusCode,
      body: text.includes('json') ? answer.json() : { text: answer.body },
      headers: answer.headers,
    };
  };

  return {
    app,
    made,
    filesPath,
    spaces: [first, second] as const,
    logged: lines,
    ask,
    /** A token of the first space, unless another one is named. */
    person(
      userId: string,
      {
        role = 'user',
        space = first,
        ...token
      }: { role?: Role; space?: Space; issuedAt?: Date; expiresInMs?: number } = {},
    ): Person {
      const bearer = mintToken(space, { userId, role, ...token });
      const own = { 'x-parley-space': space.name, authorization: `Bearer ${bearer}` };
      return {
        userId,
        token: bearer,
        ask: (method, url, more = {}) => ask(method, url, { ...more, headers: { ...own, ...more.headers } }),
      };
    },
    /** Somebody else's session on the database. */
    session() {
      if (!database) throw new Error('this node was given a database that is not its own');
      return database.session();
    },
    fingerprint: () => database?.fingerprint() ?? Promise.resolve(''),
    async close() {
      await app.close();
      await made.close();
      await database?.close();
      rmSync(filesPath, { recursive: true, force: true });
    },
  };
}

export async function migrate(databaseUrl: string): Promise<void> {
  const { log } = createQuietLogger();
  const { registry } = createMetrics();
  const store = createStore({ databaseUrl, registry, log });
  await store.migrate();
  await store.close();
}

/** Users exist once their token was seen: each asks for something that changes nothing. */
export async function arrive(...people: Person[]): Promise<void> {
  for (const person of people) {
    const { status, body } = await person.ask('GET', '/v1/conversations');
    if (status !== 200) throw new Error(`${person.userId} was not let in: ${JSON.stringify(body)}`);
  }
}
