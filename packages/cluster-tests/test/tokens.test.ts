import { developmentSecret } from '@parley/node-kit';
import { next, until } from '@parley/testkit';
import { io } from 'socket.io-client';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { callHttp, createRun, forgeToken, sharedCluster, unsignedToken } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());
const secret = developmentSecret('main');
const now = () => Math.floor(Date.now() / 1_000);
const claims = (more: object = {}) => ({ sub: 'mallory', iat: now(), exp: now() + 600, ...more });

/** Where a token may be shown: often enough that every node of a kind sees it. */
const triesPerTransport = 4;

async function refusalsOf(token: string | undefined): Promise<Set<string | undefined>> {
  const codes = new Set<string | undefined>();
  for (let i = 0; i < triesPerTransport; i += 1) {
    const answer = await callHttp({ url: cluster.url, token }, 'conversation.list', {});
    codes.add(answer.ok ? 'accepted' : answer.error?.code);
    for (const transport of ['websocket', 'polling']) codes.add(await handshake(token, transport));
  }
  return codes;
}

/** The code of the refusal, or `accepted`. */
async function handshake(token: string | undefined, transport: string): Promise<string | undefined> {
  const auth = token === undefined ? {} : { token };
  const socket = io(cluster.url, { forceNew: true, reconnection: false, transports: [transport], auth });
  try {
    return await Promise.race([
      next(socket, 'session.ready').then(() => 'accepted'),
      next<Error & { data?: { code: string } }>(socket, 'connect_error').then(
        (error) => error.data?.code ?? error.message,
      ),
    ]);
  } finally {
    socket.disconnect();
    socket.io.engine?.close();
  }
}

describe('refused everywhere is', () => {
  const forged: Record<string, [code: string, token: () => string | undefined]> = {
    'that is absent': ['unauthenticated', () => undefined],
    'that is no token': ['unauthenticated', () => 'not.a.token'],
    'that has ended': ['token_expired', () => forgeToken({ claims: claims({ exp: now() - 60 }), secret })],
    'that was signed with another secret': [
      'unauthenticated',
      () => forgeToken({ claims: claims(), secret: 'x'.repeat(40) }),
    ],
    'that was signed for another space': ['unauthenticated', () => cluster.token('mallory', { space: 'tutor-go' })],
    'that is not signed at all': ['unauthenticated', () => unsignedToken(claims())],
    'whose algorithm is another than agreed': [
      'unauthenticated',
      () => forgeToken({ header: { alg: 'HS512', typ: 'JWT' }, claims: claims(), secret, hash: 'sha512' }),
    ],
    'that says another algorithm than it has': [
      'unauthenticated',
      () => forgeToken({ header: { alg: 'RS256', typ: 'JWT' }, claims: claims(), secret }),
    ],
    'whose claims were changed afterwards': [
      'unauthenticated',
      () => {
        const [header, , signature] = forgeToken({ claims: claims(), secret }).split('.');
        return `${header}.${Buffer.from(JSON.stringify(claims({ role: 'admin' }))).toString('base64url')}.${signature}`;
      },
    ],
    'without an end': ['unauthenticated', () => forgeToken({ claims: { sub: 'mallory', iat: now() }, secret })],
    'without a user': ['unauthenticated', () => forgeToken({ claims: { iat: now(), exp: now() + 600 }, secret })],
  };
  for (const [which, [code, token]] of Object.entries(forged)) {
    it(`a token ${which}`, async () => {
      expect([...(await refusalsOf(token()))]).toEqual([code]);
    });
  }

  it('a token that was revoked, while one that was issued afterwards is taken', async () => {
    const run = createRun(cluster);
    const before = forgeToken({ claims: claims({ sub: run.userId('ada'), iat: now() - 10 }), secret });
    expect([...(await refusalsOf(before))]).toEqual(['accepted']);
    const admin = cluster.token(run.userId('root'), { role: 'admin' });
    expect((await callHttp({ url: cluster.url, token: admin }, 'user.revoke', { userId: run.userId('ada') })).ok).toBe(
      true,
    );
    expect([...(await refusalsOf(before))]).toEqual(['token_revoked']);
    const after = forgeToken({ claims: claims({ sub: run.userId('ada'), iat: now() + 2 }), secret });
    expect([...(await refusalsOf(after))]).toEqual(['accepted']);
  });

  it('a token in the query of the URL, where it would end in logs', async () => {
    const socket = io(cluster.url, { forceNew: true, reconnection: false, query: { token: cluster.token('ada') } });
    onTestFinished(() => void socket.disconnect());
    const error = await next<Error & { data?: { code: string } }>(socket, 'connect_error');
    expect(error.data?.code).toBe('unauthenticated');
  });
});

describe('a token is watched while its session lives', () => {
  it('a session ends with its token, and says so', async () => {
    const run = createRun(cluster);
    const token = cluster.token(run.userId('ada'), { expiresInMs: 2_000 });
    const client = run.plain('ada', { token, socket: { reconnection: false } });
    await run.ready(client);
    const closing = await next<{ code: string }>(client.socket, 'session.closing');
    expect(closing.code).toBe('token_expired');
    await until(() => !client.socket.connected, { what: 'the session ends' });
  });

  it('a session that is refreshed lives on', async () => {
    const run = createRun(cluster);
    const client = run.plain('ada', { token: cluster.token(run.userId('ada'), { expiresInMs: 2_000 }) });
    const { expiresAt } = await run.ready(client);
    const answer = await client.call('auth.refresh', { token: run.token('ada') });
    expect(answer).toMatchObject({ ok: true });
    await until(() => Date.now() > Date.parse(expiresAt ?? '') + 500, { what: 'the first token has ended' });
    expect(await client.call('conversation.list', {})).toMatchObject({ ok: true });
    expect(run.recorder.recorded().sessions).toHaveLength(1);
  });

  it('a session is not refreshed with the token of somebody else', async () => {
    const run = createRun(cluster);
    const client = run.plain('ada');
    await run.ready(client);
    expect(await client.call('auth.refresh', { token: run.token('bob') })).toMatchObject({
      ok: false,
      error: { code: 'forbidden' },
    });
    expect(await client.call('auth.refresh', { token: 'nonsense' })).toMatchObject({
      ok: false,
      error: { code: 'unauthenticated' },
    });
  });

  it('sessions of a user who is revoked end at once, on every node', async () => {
    const run = createRun(cluster);
    const devices = Array.from({ length: 3 }, () => run.plain('ada', { socket: { transports: ['websocket'] } }));
    await Promise.all(devices.map((device) => run.ready(device)));
    const closings = devices.map(({ socket }) => next<{ code: string }>(socket, 'session.closing'));
    const admin = cluster.token(run.userId('root'), { role: 'admin' });
    await callHttp({ url: cluster.url, token: admin }, 'user.revoke', { userId: run.userId('ada') });
    expect((await Promise.all(closings)).map(({ code }) => code)).toEqual([
      'token_revoked',
      'token_revoked',
      'token_revoked',
    ]);
  });

  it('sessions of a user who is banned end at once, on every node, and no token opens another until they are not', async () => {
    const run = createRun(cluster);
    const devices = [];
    for (const node of ['s1', 's2', 's3']) {
      const device = run.plain('ada', { socket: { transports: ['websocket'] } });
      await cluster.withNewSessionsOn([node], () => run.ready(device));
      devices.push(device);
    }
    const closings = devices.map(({ socket }) => next<{ code: string }>(socket, 'session.closing'));
    const admin = cluster.token(run.userId('root'), { role: 'admin' });
    const userId = run.userId('ada');
    expect((await callHttp({ url: cluster.url, token: admin }, 'user.ban', { userId })).ok).toBe(true);
    expect((await Promise.all(closings)).map(({ code }) => code)).toEqual(['banned', 'banned', 'banned']);
    const token = forgeToken({ claims: claims({ sub: userId, iat: now() + 2 }), secret });
    expect([...(await refusalsOf(token))]).toEqual(['banned']);
    expect((await callHttp({ url: cluster.url, token: admin }, 'user.unban', { userId })).ok).toBe(true);
    expect([...(await refusalsOf(token))]).toEqual(['accepted']);
  });
});
