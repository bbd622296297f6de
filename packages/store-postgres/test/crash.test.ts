import { mkdtempSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMetrics } from '@parley/node-kit';
import { freePort, startPostgres, until } from '@parley/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { createStore } from '../src/index.ts';
import { groupOf, numbers, outcomeOf, said, silent, space } from './support/stage.ts';

/** A server of its own, which may be killed. */
async function startOwnServer() {
  const folder = mkdtempSync(join(tmpdir(), 'parley-crash-'));
  await chmod(folder, 0o755);
  const options = { dataDir: join(folder, 'pg'), logFile: join(folder, 'pg.log'), port: await freePort() };
  let server = await startPostgres(options);
  onTestFinished(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    url: server.url,
    async killAndStartAgain() {
      server.signal('SIGKILL');
      await server.exited;
      // Sessions outlive their server for a moment, and hold its shared memory until then.
      server = await until(() => startPostgres(options), { what: 'the server starts again', withinMs: 20_000 });
    },
  };
}

it('loses nothing that was acknowledged, and stores nothing twice, when the server is killed under load', async () => {
  const server = await startOwnServer();
  const store = createStore({ databaseUrl: server.url, registry: createMetrics().registry, log: silent, lanes: 2 });
  onTestFinished(() => store.close());
  await store.migrate();
  const nos = [await groupOf(store, 'ana', 'bob'), await groupOf(store, 'ana', 'bob')];
  const acked = new Map<string, string>();
  const codes = new Set<string>();
  const end = new AbortController();
  const callers = numbers(1, 20).map(async (caller) => {
    for (let i = 1; !end.signal.aborted; i++) {
      const message = said(caller % 3 ? 'ana' : 'bob', nos[caller % 2] ?? 0, `${caller}/${i}`);
      await until(
        async () => {
          const outcome = await outcomeOf(store.messages.append(message));
          if (typeof outcome === 'string') return void codes.add(outcome);
          acked.set(message.body, outcome.message.id);
          return true;
        },
        { what: 'the message is stored', withinMs: 30_000 },
      );
    }
  });
  for (const kill of [1, 2]) {
    await until(() => acked.size > 300 * kill, { what: 'messages are stored' });
    await server.killAndStartAgain();
    const before = acked.size;
    await until(() => acked.size > before + 200, { what: 'messages are stored again', withinMs: 20_000 });
  }
  end.abort();
  await Promise.all(callers);
  const stored = new Map<string, string>();
  for (const no of nos) {
    const { lastSeq } = await store.conversations.facts(space, 'ana', no);
    const messages = (await store.log.messages(no, 0, lastSeq, lastSeq)).map(({ message }) => message);
    expect(messages.map(({ seq }) => seq)).toEqual(numbers(1, lastSeq));
    for (const { body, id } of messages) {
      expect(stored.has(body)).toBe(false);
      stored.set(body, id);
    }
  }
  expect(stored).toEqual(acked);
  expect([...codes].filter((code) => code !== 'outcome_unknown' && code !== 'unavailable')).toEqual([]);
}, 90_000);
