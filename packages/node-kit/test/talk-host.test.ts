import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createMetrics, createTalkHost, loadSpaces, measureTalkHost } from '@parley/node-kit';
import { freePort, until } from '@parley/testkit';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';

const secret = 's'.repeat(32);
const folder = mkdtempSync(join(tmpdir(), 'parley-host-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function listening(server: Server): Promise<string> {
  const port = await freePort();
  await once(server.listen(port, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${port}/may-talk`;
}

/** One node that asks the host at `url`, with a clock of its own. */
function asker(url: string, key = secret) {
  const state = { now: 0 };
  const { registry } = createMetrics();
  const log = { warn: () => undefined };
  const spaces = new Map([['main', { ask: { url, secret: key } }]]);
  const host = createTalkHost({ spaces, asked: measureTalkHost(registry), log, now: () => state.now });
  return { ...host, state, registry };
}

/** The host of infra/spaces.md, as it is written there. */
async function documentedHost(mayTalk: (userA: string, userB: string) => unknown): Promise<string> {
  const page = readFileSync(new URL('../../../infra/spaces.md', import.meta.url), 'utf8');
  const file = join(folder, 'host.mjs');
  writeFileSync(file, /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '');
  const { createHost }: { createHost: (key: string, decide: typeof mayTalk) => Server } = await import(
    /* @vite-ignore */ pathToFileURL(file).href
  );
  return listening(createHost(secret, mayTalk));
}

const answering = (listener: RequestListener) => listening(createServer(listener));

describe('the host application', () => {
  it('decides for a pair, in whichever order it is named, and is asked once in 10 s', async () => {
    const questions: string[] = [];
    const node = asker(
      await documentedHost((userA, userB) => {
        questions.push(`${userA} ${userB}`);
        return userB === 'ben';
      }),
    );
    expect(node.known('main', 'ada', 'ben')).toBeUndefined();
    const both = [node.ask('main', 'ben', 'ada'), node.ask('main', 'ada', 'ben'), node.ask('main', 'ada', 'cy')];
    expect(await Promise.all(both)).toEqual([true, true, false]);
    expect(questions.toSorted()).toEqual(['ada ben', 'ada cy']);
    node.state.now = 9_999;
    expect(await node.ask('main', 'ada', 'ben')).toBe(true);
    expect([node.known('main', 'ben', 'ada'), node.known('main', 'ada', 'cy')]).toEqual([true, false]);
    expect(node.known('main', 'ben', 'ada', 100)).toBeUndefined();
    node.state.now = 10_000;
    expect(node.known('main', 'ben', 'ada')).toBeUndefined();
    await node.ask('main', 'ada', 'ben');
    expect(questions).toHaveLength(3);
    expect(await node.registry.metrics()).toContain('parley_talk_questions_total{outcome="allowed"} 2');
  });

  it('answers nobody who signs with another secret', async () => {
    const url = await documentedHost(() => true);
    expect(await asker(url, 'x'.repeat(32)).ask('main', 'ada', 'ben')).toBeUndefined();
    expect(await asker(url).ask('main', 'ada', 'ben')).toBe(true);
  });

  const yes = JSON.stringify({ allowed: true });
  it.each<[string, RequestListener]>([
    ['an error', (_request, response) => void response.writeHead(500).end(yes)],
    ['no JSON', (_request, response) => void response.end('yes')],
    ['something else', (_request, response) => void response.end(JSON.stringify({ allowed: 'true' }))],
    ['too much', (_request, response) => void response.end(yes + ' '.repeat(2_000))],
    ['a redirect', (_request, response) => void response.writeHead(307, { location: '/yes' }).end()],
    ['nothing in time', () => undefined],
    ['a part of it', (_request, response) => void response.writeHead(200).write('{"allowed"')],
  ])('that answers %s has not answered, and is left alone for a second', async (_what, listener) => {
    let asked = 0;
    const node = asker(
      await answering((request, response) => {
        asked += 1;
        if (request.url === '/yes') response.end(yes);
        else listener(request, response);
      }),
    );
    expect(await node.ask('main', 'ada', 'ben')).toBeUndefined();
    expect(await node.ask('main', 'ada', 'ben')).toBeUndefined();
    expect(asked).toBe(1);
    node.state.now = 1_000;
    const again = node.ask('main', 'ada', 'ben');
    await until(() => asked === 2, { what: 'it is asked again' });
    expect(await again).toBeUndefined();
  });

  it('is asked anew once its answer was called back, also while it was on its way', async () => {
    const held: (() => void)[] = [];
    let allowed = true;
    const node = asker(
      await answering((_request, response) => {
        const said = JSON.stringify({ allowed });
        held.push(() => void response.end(said));
      }),
    );
    const waiting = [node.ask('main', 'ada', 'ben'), node.ask('main', 'ben', 'ada')];
    await until(() => held.length === 1, { what: 'the question' });
    allowed = false;
    node.forget('main', 'ben', 'ada');
    held[0]?.();
    await until(() => held.length === 2, { what: 'the question once more' });
    held[1]?.();
    expect(await Promise.all(waiting)).toEqual([false, false]);
    node.forget('main', 'ada', 'ben');
    expect(node.known('main', 'ada', 'ben')).toBeUndefined();
  });

  it('is asked no more than 32 questions at a time', async () => {
    const held: (() => void)[] = [];
    const node = asker(await answering((_request, response) => void held.push(() => void response.end(yes))));
    const answers = Array.from({ length: 40 }, (_, i) => node.ask('main', 'ada', `u${i}`));
    await until(() => held.length === 32, { what: 'as many as may be' });
    for (let i = 0; i < 40; i += 1) {
      await until(() => held.length > i, { what: 'the next one' });
      expect(held.length - i).toBeLessThanOrEqual(32);
      held[i]?.();
    }
    expect(new Set(await Promise.all(answers))).toEqual(new Set([true]));
  });
});

describe('a space that asks', () => {
  it('names a URL and a secret, and in production https', () => {
    const path = join(folder, 'spaces.json');
    const load = (ask: string, env: Record<string, string>) => {
      const talk = { ask, secretEnv: 'MY_ASK_SECRET' };
      const tokens = { secret: 't'.repeat(32) };
      writeFileSync(path, JSON.stringify({ spaces: { main: { dialect: 'native', tokens, talk } } }));
      return loadSpaces(path, env).get('main');
    };
    const url = 'http://host.example/may-talk';
    expect(load(url, { MY_ASK_SECRET: secret })).toMatchObject({ talk: 'ask', ask: { url, secret } });
    expect(() => load(url, {})).toThrow('MY_ASK_SECRET');
    expect(() => load(url, { MY_ASK_SECRET: secret, NODE_ENV: 'production' })).toThrow('https');
  });
});
