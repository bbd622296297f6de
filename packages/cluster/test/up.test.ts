import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createClient } from '@parley/client';
import { freePort, type Part, startRedis } from '@parley/cluster';
import { version } from '@parley/node-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitHere } from '../src/commit.ts';
import { isAlive } from '../src/processes/identity.ts';
import { readState } from '../src/state.ts';
import type { ClusterStatus } from '../src/status/cluster-status.ts';
import { root } from './fixtures/balanced.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-up-'));
chmodSync(folder, 0o755);
const dir = join(folder, '.parley');
const env = { ...process.env };
delete env['DATABASE_URL'];
delete env['REDIS_URL'];
env['PARLEY_LISTNE'] = '0.0.0.0';
let presence: Part;
const START_MS = 60_000;

type Command = ChildProcessByStdio<null, Readable, Readable>;
let upped: Command;
let said = '';

const parley = (...args: string[]): Command =>
  spawn(join(root, 'packages/cluster/bin/parley'), [...args, '--dir', dir], { env, stdio: ['ignore', 'pipe', 'pipe'] });

async function ended(command: Command): Promise<{ code: number | null; out: string; error: string }> {
  const [out, error, [code]] = await Promise.all([
    text(command.stdout),
    text(command.stderr),
    once(command, 'exit') as Promise<[number | null]>,
  ]);
  return { code, out, error };
}

const saidBy = new WeakMap<Command, string>();

/** Reads until the words have come, and answers everything that was said: what a test waits for may have come before. */
async function hears(command: Command, words: string): Promise<string> {
  let heard = saidBy.get(command) ?? '';
  if (heard.includes(words)) return heard;
  for await (const chunk of command.stdout.iterator({ destroyOnReturn: false })) {
    heard += String(chunk);
    saidBy.set(command, heard);
    if (heard.includes(words)) return heard;
  }
  throw new Error(`ended before it said "${words}": ${heard}${await text(command.stderr)}`);
}

beforeAll(async () => {
  for (const name of ['MAIN', 'ALIEN_FIT', 'TRAINER_CHAT', 'TUTOR_GO', 'DIRECT_CHAT', 'PRECIOUS_JEWELLERY', 'STATS']) {
    env[`PARLEY_PORT_${name}`] = String(await freePort());
  }
  presence = await startRedis({ dir: join(folder, 'redis'), logFile: join(folder, 'redis.log') });
  env['PRESENCE_REDIS_URL'] = presence.url;
  upped = parley('up', '--api-nodes', '1', '--socket-nodes', '2');
  said = await hears(upped, 'Ctrl-C ends all');
}, START_MS);

afterAll(async () => {
  upped.kill('SIGKILL');
  await presence.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('parley up', () => {
  it('shows what it does, where everything is, and a line that sends the first message when it is pasted', async () => {
    for (const step of ['starting PostgreSQL and Redis', 'starting HAProxy', 'starting 3 nodes', 'ready']) {
      expect(said).toContain(step);
    }
    for (const { name, privatePort } of readState(dir)?.processes ?? [])
      if (privatePort !== undefined)
        expect(said).toMatch(new RegExp(`metrics of ${name} +http://127.0.0.1:${privatePort}/metrics\n`));
    expect(said).toMatch(new RegExp(`for Prometheus +${join(dir, 'targets.json')}\n`));
    expect(said).toMatch(new RegExp(`space tutor-go +http://127.0.0.1:${env['PARLEY_PORT_TUTOR_GO']}`));
    const line = /^ {2}(curl .*)$/m.exec(said)?.[1] ?? '';
    const pasted = await ended(spawn('sh', ['-c', line], { stdio: ['ignore', 'pipe', 'pipe'] }));
    expect(JSON.parse(pasted.out)).toMatchObject({ seq: 1, duplicate: false });
  });

  it('tells every node which commit it runs, for its log', () => {
    const build = JSON.stringify({ version, commit: commitHere() }).slice(1, -1);
    for (const id of ['a1', 's1', 's2']) expect(readFileSync(join(dir, 'logs', `${id}.log`), 'utf8')).toContain(build);
  });

  it('prints tokens that work as they are', async () => {
    const token = /root \(admin\) +(\S+)/.exec(said)?.[1];
    const url = `http://127.0.0.1:${env['PARLEY_PORT_MAIN']}/v1/users/eve`;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'PUT', headers, body: JSON.stringify({ name: 'Eve' }) });
    expect(answer.status).toBe(200);
  });

  it('is refused a second time in the same folder, with words, after it named a variable that is mistyped', async () => {
    const second = await ended(parley('up'));
    expect(second.code).toBe(1);
    expect(second.error).toMatch(
      /^parley: PARLEY_LISTNE is read by nothing: is PARLEY_LISTEN meant\?\nparley: A cluster runs from .* already \(pid \d+\)/,
    );
  });
});

describe('people at a terminal', () => {
  it(
    'talk: tail hears what send sent, also before it came, and send says when nobody is there',
    async () => {
      const created = await ended(parley('user', 'create', 'main', 'carol', '--name', 'Carol', '--role', 'agent'));
      expect(created).toMatchObject({ code: 0, out: 'carol is in space main: role agent, name Carol\n' });
      const sent = await ended(parley('send', 'main', 'ada', 'carol', 'before'));
      expect(sent).toMatchObject({ code: 0, out: expect.stringMatching(/^stored as number 1 of conversation /) });
      const tail = parley('tail', 'main', 'carol');
      const heard = await hears(tail, 'ada before\n');
      await ended(parley('send', 'main', 'bob', 'carol', '\u001b[31mlive'));
      expect(await hears(tail, 'bob live')).not.toContain('\u001b');
      const lines = heard.split('\n');
      expect(lines).toContainEqual(expect.stringMatching(/^\d\d:\d\d:\d\d {2}ada {8,}#1 ada before$/));
      tail.kill('SIGINT');
      expect((await once(tail, 'exit'))[0]).toBe(0);
      expect(await ended(parley('send', 'main', 'ada', 'carol', ''))).toMatchObject({
        code: 1,
        error: expect.stringMatching(/^parley: Refused \(invalid\): A message says something/),
      });
      expect(await ended(parley('send', 'main', 'ada', 'nobody', 'x'))).toMatchObject({
        code: 1,
        error: expect.stringContaining(`npx --yes pnpm@12 parley user create main nobody --dir ${dir}`),
      });
    },
    START_MS,
  );

  it('see in short who is there and who has read', async () => {
    const tail = parley('tail', 'main', 'ada');
    await hears(tail, '#1 ada Hello, Bob\n');
    const bob = parley('tail', 'main', 'bob');
    // Carol may be there, too: she left only a moment ago.
    expect(await hears(tail, '  bob         · online\n')).toMatch(/^\d\d:\d\d:\d\d {2}bob {8,}· /m);
    const client = createClient({
      url: `http://127.0.0.1:${env['PARLEY_PORT_MAIN']}`,
      token: /bob \(user\) +(\S+)/.exec(said)?.[1] ?? '',
    });
    await client.caughtUp();
    for (const { id, lastSeq } of client.conversations) await client.markRead(id, lastSeq);
    await hears(tail, '· bob read up to #1\n');
    await client.close();
    for (const command of [tail, bob]) {
      command.kill('SIGINT');
      await once(command, 'exit');
    }
  });

  it('see connections, rooms and lease ages in the status, the latter of the Redis that has presence', async () => {
    const tail = parley('tail', 'main', 'bob');
    await hears(tail, 'Hello, Bob');
    const { code, out } = await ended(parley('status', '--json'));
    tail.kill('SIGINT');
    await once(tail, 'exit');
    const status = JSON.parse(out) as ClusterStatus;
    // Bob's inbox, and the room of his space.
    expect(status).toMatchObject({ healthy: true, connections: 1, rooms: 2, presenceRedis: { up: true } });
    expect(status.presenceRedis?.url).toContain(String(presence.port));
    expect(code).toBe(0);
    const sockets = status.nodes.filter(({ kind }) => kind === 'socket');
    expect(sockets.reduce((sum, { rooms = NaN }) => sum + rooms, 0)).toBe(2);
    for (const { leaseAgeMs } of status.nodes) expect(leaseAgeMs).toBeLessThan(8_000);
  });
});

describe('Ctrl-C', () => {
  it('ends everything in order within 10 s, and says so', async () => {
    const { processes } = readState(dir) ?? { processes: [] };
    expect(processes.length).toBeGreaterThan(5);
    const startedAt = Date.now();
    upped.kill('SIGINT');
    const { code, out } = await ended(upped);
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining(`ended; the data stays in ${dir}`) });
    expect(processes.filter(({ identity }) => isAlive(identity))).toEqual([]);
  }, 15_000);
});
