import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Trouble } from '@parley/cluster';
import { loadSpaces, type Space } from '@parley/node-kit';
import { expect, it, onTestFinished } from 'vitest';
import { prepare } from '../run/prepare.ts';

const root = join(import.meta.dirname, '..', '..');
const main = loadSpaces(join(root, 'infra', 'spaces.json'), {}).get('main')!;
const size = { clients: 2, roomSize: 2, connectSeconds: 0, steps: [], vus: 1 };

const refusal = async (baseUrl: string, space: Space): Promise<Trouble> => {
  const error: unknown = await prepare({ baseUrl, space, contract: 'native', size }).catch((cause: unknown) => cause);
  if (error instanceof Trouble) return error;
  throw new Error('it was not refused', { cause: error });
};

it('says whom a cluster that does not trust us would trust', async () => {
  const http = createServer((_request, response) => response.writeHead(401, { connection: 'close' }).end('{}'));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => void http.close());
  const { message, remedy } = await refusal(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, main);
  expect(message).toMatch(/PUT .*\/v1\/users\/\d+ was refused with 401/);
  expect(remedy.join(' ')).toMatch(/--url .*PARLEY_SPACES=/);
});

it('signs no tokens for a space whose product does', async () => {
  const space: Space = { ...main, tokens: { ...main.tokens, key: { from: 'file', path: 'keys.json' } } };
  expect((await refusal('http://127.0.0.1:1', space)).message).toMatch(/"main" trusts a key set/);
});

it('tells a person, without a stack, that a file of spaces is none', () => {
  const { status, stderr } = spawnSync(process.execPath, ['loadtest/run.ts', 'smoke', '--url', 'http://127.0.0.1:1'], {
    cwd: root,
    env: { ...process.env, PARLEY_SPACES: 'nowhere.json' },
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/file of spaces .*nowhere.json cannot be used/);
  expect(stderr).not.toMatch(/ at .*\.ts:\d+/);
});
