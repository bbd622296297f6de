import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { linesOf } from '../src/cli/complain.ts';
import { describe as describeDiagnosis, doctor } from '../src/cli/doctor.ts';
import { clock } from '../src/cli/heard.ts';
import { program } from '../src/cli/program.ts';
import { refused } from '../src/cli/refused.ts';
import { harmless, table } from '../src/cli/terminal.ts';
import { urlOf, whichCluster } from '../src/cli/which-cluster.ts';
import type { Slot } from '../src/parts/haproxy-admin.ts';
import { type NodeStatus, nodeStatus } from '../src/status/node-status.ts';
import { problemsOf } from '../src/status/problems.ts';
import { readScrape } from '../src/status/scrape.ts';
import { fakeNode } from './fixtures/balanced.ts';

describe('a refused command', () => {
  it('tells the code, what it means and every place once, one a line', () => {
    const details = [
      { path: '/body', message: 'must have at least 1 character' },
      { path: '/peerId', message: 'is missing' },
    ];
    const message = 'It does not fit: /body must have at least 1 character.';
    expect(refused({ code: 'invalid', message, details }).message).toBe(
      'Refused (invalid): It does not fit: /body must have at least 1 character.\n  /peerId is missing',
    );
  });
});

describe('what a terminal is given', () => {
  it('has the time of the day here, and the date of another day', () => {
    const now = new Date(2026, 0, 2, 3, 4, 5);
    expect(clock(now, now)).toBe('03:04:05');
    expect(clock(new Date(2025, 11, 31, 23, 59, 0), now)).toBe('2025-12-31 23:59:00');
  });

  it('holds nothing that could steer it', () => {
    expect(harmless('a\u001b[31mred\u001b]0;title\u0007\nb\tc\r\u0008\u202e')).toBe('ared b c ');
  });

  it('is lined up by what is seen, not by colours', () => {
    const lines = table(['a', 'b'], [['\u001b[32mlong\u001b[39m', 'x']]).split('\n');
    expect(lines).toEqual(['  a     b', '  \u001b[32mlong\u001b[39m  x']);
  });
});

describe('what is wrong with a cluster', () => {
  const haproxy = { up: true, version: '', uptimeS: 0, connections: 0, connectionsMax: 0, nodes: 0 } as const;
  const node = (slot: string, readiness: NodeStatus['readiness'], balancer = 'UP'): NodeStatus => ({
    slot,
    kind: slot.startsWith('a') ? 'api' : 'socket',
    address: '',
    privateAddress: '',
    readiness,
    balancer,
  });
  const problems = (...nodes: NodeStatus[]) => problemsOf({ nodes: [node('a1', 'ready'), ...nodes], haproxy });

  it('is no node that drains, because it was told to, while another one serves', () => {
    expect(problems(node('s1', 'draining', 'NOLB'), node('s2', 'ready'))).toEqual([]);
  });

  it('is that all of a kind drain, and one that runs without serving or is gone', () => {
    expect(problems(node('s1', 'draining', 'NOLB'), node('s2', 'draining', 'NOLB'))).toEqual([
      'every socket node is draining',
    ]);
    expect(problems(node('s1', 'draining', 'NOLB'), node('s2', 'broken'))).toEqual([
      's2 runs and cannot serve: it has no PostgreSQL, or is just starting',
    ]);
    expect(problems(node('s1', 'ready'), node('s2', 'gone'))).toEqual(['s2 answers nothing']);
    expect(problems(node('s1', 'ready', 'DOWN'))).toEqual(['s1 is ready, and HAProxy sends it nobody (DOWN)']);
  });

  it('is a socket node that serves without presence, unless Redis answers nobody at all', () => {
    const without = (slot: string, readiness: NodeStatus['readiness']) => ({
      ...node(slot, readiness),
      presenceUp: false,
    });
    const told = ['s1 has no presence: not every shard of Redis answers it'];
    expect(problems(without('s1', 'ready'), { ...node('s2', 'ready'), presenceUp: true })).toEqual(told);
    expect(problems(without('s1', 'draining'), without('a2', 'ready'), node('s2', 'ready'))).toEqual([]);

    const up = { up: true, latencyMs: 1, version: '8.0.0', url: '' } as const;
    const away = { up: false, reason: 'refused', url: '' } as const;
    const nodes = [node('a1', 'ready'), without('s1', 'ready')];
    expect(problemsOf({ nodes, haproxy, redis: away })).toEqual(['Redis does not answer: refused']);
    expect(problemsOf({ nodes, haproxy, redis: away, presenceRedis: up })).toEqual([
      'Redis does not answer: refused',
      ...told,
    ]);
  });
});

describe('a node', () => {
  it('has presence when each of its processes says so, and where none says anything it is not known', async () => {
    const fake = await fakeNode('s1');
    onTestFinished(fake.close);
    const { host: address, port, privatePort } = fake;
    const sessions = { sessions: 0, total: 0, failures: 0 };
    const slot: Slot = { backend: 'sockets', slot: 's1', address, port, privatePort, status: 'UP', ...sessions };
    const saying = async (...values: number[]) => {
      fake.page = values.map((value, i) => `parley_presence_redis_up{worker="${i}"} ${value}\n`).join('');
      return (await nodeStatus(slot, [])).presenceUp;
    };
    expect([await saying(1, 1), await saying(1, 0), await saying()]).toEqual([true, false, undefined]);
  });

  it('is gone where nobody listens, and silent where somebody does and does not answer', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port: privatePort } = listener.address() as AddressInfo;
    const counts = { sessions: 0, total: 0, failures: 0 };
    const slot: Slot = {
      backend: 'api',
      slot: 'a1',
      address: '127.0.0.1',
      port: 1,
      privatePort,
      status: 'UP',
      ...counts,
    };
    const seen = await nodeStatus(slot, []);
    listener.close();
    expect([seen.readiness, (await nodeStatus(slot, [])).readiness]).toEqual(['silent', 'gone']);
    expect(problemsOf({ nodes: [seen] })).toEqual([
      expect.stringMatching(/^a1 does not answer within 2 s: it is frozen/),
    ]);
  });
});

describe('a diagnosis', () => {
  it('says a remedy once for the findings in a row that it mends', () => {
    const finding = (problem: string, remedy: string) =>
      ({ check: 'spaces', level: 'error', problem, remedy }) as const;
    const findings = [finding('a', 'Read this.'), finding('b', 'Read this.'), finding('c', 'Read that.')];
    expect(
      describeDiagnosis({ environment: 'test', healthy: false, findings, passed: [], left: [] }).split('\n'),
    ).toEqual([
      '✗ error   spaces: a',
      '✗ error   spaces: b',
      '            → Read this.',
      '✗ error   spaces: c',
      '            → Read that.',
      '',
      'Something bites',
      expect.stringMatching(
        /judged as NODE_ENV=test of this shell, not of running nodes; .*NODE_ENV=production .*doctor$/,
      ),
    ]);
  });
});

describe('what cannot be done', () => {
  const none = '/nowhere';

  it('is told without a stack where the database is away, and with one where a defect is ours', () => {
    const refused = new Error('connect ECONNREFUSED 127.0.0.1:1');
    const unavailable = Object.assign(new Error('The database cannot be reached.', { cause: refused }), {
      code: 'unavailable',
    });
    expect(linesOf(unavailable)).toEqual([
      'parley: The database cannot be reached. (connect ECONNREFUSED 127.0.0.1:1)',
      '  → npx --yes pnpm@12 parley status says what is there; then the same once more',
    ]);
    const defect = Object.assign(new Error('oh'), { code: 'internal' });
    expect(linesOf(defect).join('\n')).toMatch(/a defect of ours\nError: oh\n +at /);
  });

  it('is a server whose URL is none, whichever command wants it, and a file that is not there', async () => {
    for (const name of ['DATABASE_URL', 'REDIS_URL'])
      expect(() => whichCluster(none, { [name]: 'nonsense' })).toThrow(`${name} has to look like`);
    const which = whichCluster(none, {});
    for (const PARLEY_URL of ['nonsense', 'ftp://chat.example'])
      expect(() => urlOf(which, 'main', { PARLEY_URL })).toThrow('PARLEY_URL has to look like https://chat.example');
    expect(urlOf(which, 'main', { PARLEY_URL: 'http://[::1]:8080' })).toBe('http://[::1]:8080');
    await expect(doctor({ dir: none, haproxyConfig: `${none}.cfg` })).rejects.toThrow('There is no file /nowhere.cfg.');
  });

  it('is a token that has ended before it begins', async () => {
    const typed = ['node', 'parley', 'token', 'main', 'ada', '--hours', '0'];
    const parsing = program(() => undefined, new AbortController().signal);
    for (const command of [parsing, ...parsing.commands]) command.configureOutput({ writeErr: () => undefined });
    await expect(parsing.parseAsync(typed)).rejects.toThrow('It has to be a whole number from 1 to 100000.');
  });
});

describe('a page of metrics', () => {
  it('is summed over labels, and what it lacks is unknown', () => {
    const page = ['# TYPE c gauge', 'c{t="a b"} 2', 'c{t="x"} 3.5', 'd 1e3'].join('\n');
    const { sum } = readScrape(page);
    expect([sum('c'), sum('d'), sum('e')]).toEqual([5.5, 1000, undefined]);
  });
});
