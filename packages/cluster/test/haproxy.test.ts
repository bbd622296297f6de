import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { loadSpaces } from '@parley/node-kit';
import { until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spacesMap } from '../src/spaces-map.ts';
import { ask, type Balanced, type FakeNode, raw, root, type Seen, startBalanced } from './fixtures/balanced.ts';
import { upgrade } from './fixtures/upgraded.ts';

let balanced: Balanced;
let sockets: FakeNode[];

beforeAll(async () => {
  balanced = await startBalanced();
  sockets = [
    await balanced.node('sockets', 's1'),
    await balanced.node('sockets', 's2'),
    await balanced.node('sockets', 't9'),
  ];
  await balanced.node('api', 'a1');
});
afterAll(async () => await balanced.stop());

const polling = (base: string, sid?: string): string =>
  `${base}/socket.io/?EIO=4&transport=polling${sid === undefined ? '' : `&sid=${sid}`}`;

describe('which space and which node', () => {
  it('sends /socket.io/ to socket nodes and everything else to API nodes', async () => {
    expect((await ask(polling(balanced.main))).slot).toMatch(/^(s1|s2|t9)$/);
    expect((await ask(`${balanced.main}/v1/conversations`)).slot).toBe('a1');
    expect((await ask(`${balanced.main}/socket.io.html`)).slot).toBe('a1');
  });

  it('names the space by port, and by host name before that', async () => {
    expect((await ask(balanced.main)).headers['x-parley-space']).toBe('main');
    expect((await ask(balanced.tutorGo)).headers['x-parley-space']).toBe('tutor-go');
    const byHost = await raw(balanced.tutorGo, 'GET / HTTP/1.1\r\nHost: Chat.Example:443\r\nConnection: close\r\n\r\n');
    expect(byHost).toContain('"x-parley-space":"main"');
  });

  it('believes nothing that a client says about its space, slot or address', async () => {
    const lies = {
      'x-parley-space': 'tutor-go',
      'X-Parley-Slot': 's9',
      'x-parley-anything': 'admin',
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.example',
      'x-real-ip': '6.6.6.6',
      forwarded: 'for=6.6.6.6',
    };
    for (const path of ['/v1/x', '/socket.io/?EIO=4']) {
      const { headers, slot } = await ask(balanced.main + path, { headers: lies });
      const { 'x-parley-space': space, 'x-forwarded-for': from, 'x-forwarded-proto': scheme, ...others } = headers;
      expect({ space, from, scheme }).toEqual({ space: 'main', from: '127.0.0.1', scheme: 'http' });
      const left = Object.keys(others).filter((name) => name in lies || name.startsWith('x-parley-'));
      expect(left).toEqual(slot === 'a1' ? [] : ['x-parley-slot']);
      expect(others['x-parley-slot'] ?? slot).toBe(slot);
    }
  });

  it('is told by a map that agrees with infra/spaces.json', () => {
    const spaces = [...loadSpaces(join(root, 'infra/spaces.json'), {}).values()];
    const doors = spaces.map(({ name, port, hosts }) => ({ name, ports: port === undefined ? [] : [port], hosts }));
    expect(readFileSync(join(root, 'infra/haproxy/spaces.map'), 'utf8')).toBe(spacesMap(doors));
  });
});

describe('WebSockets', () => {
  it('go to the node that has the fewest', async () => {
    const opened = [];
    for (let n = 0; n < 9; n++) opened.push(await upgrade(balanced.main, '/socket.io/?EIO=4&transport=websocket'));
    const perNode = Map.groupBy(opened, ({ first }) => first);
    for (const socket of opened) socket.end();
    expect([...perNode.values()].map((group) => group.length)).toEqual([3, 3, 3]);
  });
});

describe('long-polling without a cookie', () => {
  const sid = (slot: string): string => `${slot}abcdefghijklmnopqr`;

  it('stays on the node whose slot begins the session id, also for the upgrade to a WebSocket', async () => {
    for (const { slot } of sockets) {
      for (let again = 0; again < 3; again++) expect((await ask(polling(balanced.main, sid(slot)))).slot).toBe(slot);
      const socket = await upgrade(balanced.main, `/socket.io/?EIO=4&transport=websocket&sid=${sid(slot)}`);
      expect(socket.first).toBe(slot);
      socket.end();
    }
  });

  it('falls to another node when the slot of a session is empty or was never there', async () => {
    expect((await ask(polling(balanced.main, sid('s7')))).slot).toMatch(/^(s1|s2|t9)$/);
    expect((await ask(polling(balanced.main, sid('zz')))).slot).toMatch(/^(s1|s2|t9)$/);
  });

  it('stays on a node that drains (404), while new sessions go elsewhere, and returns to it when it is ready', async () => {
    const [draining] = sockets as [FakeNode];
    draining.readiness = 404;
    await status('s1', /^NOLB|^DRAIN/);
    expect((await ask(polling(balanced.main, sid('s1')))).slot).toBe('s1');
    for (let again = 0; again < 6; again++) expect((await ask(polling(balanced.main))).slot).not.toBe('s1');
    draining.readiness = 200;
    await status('s1', /^UP/);
  });

  it('leaves a node that is broken (503), without cutting the connections that it serves', async () => {
    const [broken] = sockets as [FakeNode];
    const socket = await upgrade(balanced.main, `/socket.io/?sid=${sid('s1')}`);
    broken.readiness = 503;
    await status('s1', /^DOWN/);
    expect((await ask(polling(balanced.main, sid('s1')))).slot).not.toBe('s1');
    expect(await socket.echo('still here')).toBe('still here');
    socket.end();
    broken.readiness = 200;
    await status('s1', /^UP/);
  });
});

describe('slots', () => {
  it('take a new node and lose one without a reload', async () => {
    const before = balanced.haproxy.pid;
    await balanced.node('api', 'a2');
    const seen = new Set<string>();
    for (let again = 0; again < 4; again++) seen.add((await ask(balanced.main)).slot);
    expect([...seen].sort()).toEqual(['a1', 'a2']);
    await balanced.haproxy.admin.empty('api', 'a2');
    for (let again = 0; again < 4; again++) expect((await ask(balanced.main)).slot).toBe('a1');
    expect((await balanced.haproxy.admin.info()).get('Pid')).toBe(String(before));
  });

  it('try another node when one died before its check noticed', async () => {
    const dying = await balanced.node('api', 'a3');
    dying.close();
    for (let again = 0; again < 4; again++) expect((await ask(balanced.main)).slot).toBe('a1');
    await balanced.haproxy.admin.empty('api', 'a3');
  });
});

describe('what is refused at the door', () => {
  it.each([
    ['a body that announces more than 16 MiB', 'POST /', 'Content-Length: 16777217', 413, 'too_large'],
    ['an upload that announces more than 64 MiB', 'POST /v1/files', 'Content-Length: 67108865', 413, 'too_large'],
    ['a method that nobody uses', 'TRACE /', 'X-A: 1', 405, 'invalid'],
    ['a header name that servers read differently', 'GET /', 'X_Parley_Space: x', 403, 'invalid'],
  ])('%s, in the words of every other refusal', async (_what, line, header, status, code) => {
    const answer = await raw(balanced.main, `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${header}\r\n\r\n`);
    expect(refusalIn(answer)).toEqual({ status, code });
  });

  it.each([
    ['a header of 16 KiB', `X-Big: ${'x'.repeat(16_384)}`],
    ['65 headers', Array<string>(65).fill('X-A: 1').join('\r\n')],
    ['two lengths that disagree', 'Content-Length: 1\r\nContent-Length: 2'],
    ['a header that is none', 'no header'],
  ])('%s, by the parser, with a status and no word of ours', async (_what, header) => {
    const answer = await raw(balanced.main, `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${header}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
  });

  it('a sender that is slower than 5 s with its headers or its body, both at once', async () => {
    const started = Date.now();
    const [headers, body] = await Promise.all([
      raw(balanced.main, 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '),
      raw(balanced.main, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf'),
    ]);
    expect(headers).toMatch(/^HTTP\/1.1 408 /);
    expect(refusalIn(body)).toEqual({ status: 408, code: 'unavailable' });
    expect(Date.now() - started).toBeLessThan(7_000);
  }, 10_000);

  it('a port that belongs to no space', async () => {
    for (const path of ['/', '/socket.io/?EIO=4&transport=polling']) {
      const answer = await raw(balanced.unmapped, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(refusalIn(answer)).toEqual({ status: 404, code: 'not_found' });
    }
  });

  it('everything, with the time to come back, while no node is there', async () => {
    const empty = await startBalanced();
    for (const path of ['/v1/conversations', '/socket.io/?EIO=4&transport=polling']) {
      const answer = await raw(empty.main, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(refusalIn(answer)).toEqual({ status: 503, code: 'unavailable' });
      expect(answer).toMatch(/retry-after: 1\r\n/i);
    }
    await empty.stop();
  });

  it('a request whose node went away while it worked: nobody knows what became of it', async () => {
    const dying = await startBalanced();
    (await dying.node('api', 'a1')).leaves = true;
    const answer = await raw(dying.main, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(refusalIn(answer)).toEqual({ status: 502, code: 'outcome_unknown' });
    await dying.stop();
  });

  it('in JSON: each status of its own that a request which was read can meet has a line', () => {
    const config = readFileSync(join(root, 'haproxy.cfg'), 'utf8');
    const lines = [...config.matchAll(/http-error status (\d+) content-type application\/json string '(.+?)' hdr/g)];
    expect(lines.map(([, status]) => Number(status))).toEqual([400, 403, 408, 413, 500, 502, 503, 504]);
    for (const [, , body = ''] of lines)
      expect(JSON.parse(body)).toMatchObject({ error: { code: expect.any(String) } });
  });
});

describe('TLS', () => {
  it('that something before HAProxy ends is told to the nodes by PARLEY_FORWARDED_PROTO, whatever a client says', async () => {
    const behind = await startBalanced({ PARLEY_FORWARDED_PROTO: 'https' });
    await behind.node('api', 'a1');
    const { headers } = await ask(behind.main, { headers: { 'x-forwarded-proto': 'http' } });
    await behind.stop();
    expect(headers['x-forwarded-proto']).toBe('https');
  });

  it('is switched on by PARLEY_TLS_CERT alone, with HTTP/2, HSTS and nothing older than TLS 1.2', async () => {
    const certificate = join(root, 'packages/cluster/test/fixtures/localhost.pem');
    const secured = await startBalanced({ PARLEY_TLS_CERT: certificate });
    await secured.node('api', 'a1');
    const { hostname: host, port } = new URL(secured.main);
    const session = connectHttp2(`https://${host}:${port}`, { ca: readFileSync(certificate) });
    const stream = session.request({ ':path': '/' });
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    const seen = JSON.parse(await text(stream)) as Seen;
    session.close();
    expect(headers['strict-transport-security']).toBe('max-age=63072000');
    expect(seen.headers).toMatchObject({ 'x-parley-space': 'main', 'x-forwarded-proto': 'https' });
    const old = connectTls({
      host,
      port: Number(port),
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      ca: readFileSync(certificate),
    });
    await expect(once(old, 'secureConnect')).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_SSL/) });
    await secured.stop();
  });
});

describe('what operators see', () => {
  it('offers statistics and metrics on a port of their own', async () => {
    expect(await (await fetch(balanced.haproxy.url)).text()).toContain('Statistics Report');
    expect(await (await fetch(`${balanced.haproxy.url}/metrics`)).text()).toContain('haproxy_server_status');
  });
});

/** The status and code of a refusal that is JSON as every other one, with a message for people. */
function refusalIn(answer: string): { status: number; code: string } {
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
  expect(head).toMatch(/content-type: application\/json/i);
  const { error } = JSON.parse(body) as { error: { code: string; message: string } };
  expect(error.message).toMatch(/\.$/);
  return { status: Number(head.split(' ', 2)[1]), code: error.code };
}

async function status(slot: string, word: RegExp): Promise<void> {
  const slots = balanced.haproxy.admin.slots;
  await until(async () => (await slots()).some((one) => one.slot === slot && word.test(one.status)), {
    what: `slot ${slot} is ${String(word)}`,
  });
}
