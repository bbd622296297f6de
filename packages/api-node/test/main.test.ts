import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, request as startRequest } from 'node:http';
import { fileURLToPath } from 'node:url';
import { loadSpaces, mintToken } from '@parley/node-kit';
import { freePort, type TestDatabase, testDatabase, testRedisUrl, until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from './support/api.ts';

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const spacesFile = fileURLToPath(new URL('../../../infra/spaces.json', import.meta.url));

type Node = { child: ChildProcess; said: () => string; url: string; privateUrl: string };

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase(migrate);
});
afterAll(() => database.close());

async function start(env: Record<string, string> = {}): Promise<Node> {
  const [port, privatePort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, [program], {
    env: {
      PARLEY_PORT: String(port),
      PARLEY_PRIVATE_PORT: String(privatePort),
      PARLEY_SPACES: spacesFile,
      PARLEY_DRAIN_MS: '500',
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl(),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return { child, said: () => said, url: `http://127.0.0.1:${port}`, privateUrl: `http://127.0.0.1:${privatePort}` };
}

function asAda() {
  const space = loadSpaces(spacesFile, {}).get('main') ?? expect.fail();
  return { authorization: `Bearer ${mintToken(space, { userId: 'ada', role: 'user' })}`, 'x-parley-space': 'main' };
}

const closed = (url: string) =>
  fetch(url).then(
    () => false,
    () => true,
  );
const statusOf = async (url: string) => (await fetch(url)).status;
const answering = (url: string, status: number) =>
  until(async () => (await statusOf(url)) === status, { withinMs: 10_000, what: `${url} answers ${status}` });

describe('an API node as a process', () => {
  it('is ready, serves, is taken off the list when told to end, and exits with 0', async () => {
    const node = await start();
    const exit = once(node.child, 'exit');
    await answering(`${node.privateUrl}/readyz`, 200);
    const headers = asAda();
    const answer = await fetch(`${node.url}/v1/conversations`, { headers });
    expect(await answer.json()).toMatchObject({ conversations: [], epoch: expect.any(String) });
    expect(await (await fetch(`${node.privateUrl}/metrics`)).text()).toContain('parley_http_request_duration_seconds');
    node.child.kill('SIGTERM');
    await answering(`${node.privateUrl}/readyz`, 404);
    expect(await exit).toEqual([0, null]);
    expect(node.said()).not.toContain(headers.authorization.slice(7));
  });

  it('finishes what is in flight when it is told to end', async () => {
    const node = await start();
    const exit = once(node.child, 'exit');
    await answering(`${node.privateUrl}/readyz`, 200);
    const request = startRequest(`${node.url}/v1/conversations`, {
      method: 'POST',
      headers: { ...asAda(), 'content-type': 'application/json' },
    });
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    request.write('{"title":"half a request",');
    await once(request, 'socket').then(([socket]) =>
      until(() => socket.bytesWritten > 0, { what: 'the half is sent' }),
    );
    node.child.kill('SIGTERM');
    await until(() => closed(`${node.url}/health`), { what: 'nobody else is let in' });
    request.end('"memberIds":[]}');
    const [answer] = await answered;
    answer.resume();
    expect(answer).toMatchObject({ statusCode: 200, headers: { connection: 'close' } });
    expect(await exit).toEqual([0, null]);
  });

  it('waits for a database that is not there yet, and can be ended meanwhile', async () => {
    const node = await start({ DATABASE_URL: `postgres://postgres@127.0.0.1:${await freePort()}/postgres` });
    const exit = once(node.child, 'exit');
    await answering(`${node.privateUrl}/readyz`, 503);
    expect(await statusOf(`${node.privateUrl}/livez`)).toBe(200);
    await until(() => node.said().includes('trying again'), { what: 'it says what it waits for' });
    node.child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  });

  it('drains by the private port too', async () => {
    const node = await start();
    const exit = once(node.child, 'exit');
    await answering(`${node.privateUrl}/readyz`, 200);
    expect((await fetch(`${node.privateUrl}/drain`, { method: 'POST' })).status).toBe(202);
    expect(await exit).toEqual([0, null]);
  });

  it('that is misconfigured says everything that is wrong, and exits with 78', async () => {
    const node = await start({ REDIS_URL: 'nowhere', PARLEY_DRAIN_MS: 'soon' });
    expect(await once(node.child, 'exit')).toEqual([78, null]);
    expect(node.said()).toContain('REDIS_URL');
    expect(node.said()).toContain('PARLEY_DRAIN_MS');
  });

  it('refuses a production start with the secrets of development', async () => {
    const node = await start({ NODE_ENV: 'production' });
    expect(await once(node.child, 'exit')).toEqual([78, null]);
    expect(node.said()).toContain('development secret is refused');
  });
});
