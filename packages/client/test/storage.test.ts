import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { indexedDB } from 'fake-indexeddb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryStorage } from '../src/index.ts';
import { fileStorage } from '../src/storage/file.ts';
import { indexedDbStorage } from '../src/storage/indexeddb.ts';
import type { Json, Storage } from '../src/storage/storage.ts';
import { connect, serve } from './fixtures/world.ts';

let folder = '';
let n = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-client-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Each: a place, and how to open a storage there again and again. */
const kinds: Record<string, () => () => Storage> = {
  memory() {
    const entries = new Map<string, Json>();
    return () => memoryStorage(entries);
  },
  file() {
    const path = join(folder, `${(n += 1)}.jsonl`);
    return () => fileStorage(path);
  },
  IndexedDB() {
    const name = `test-${(n += 1)}`;
    return () => indexedDbStorage(name, indexedDB);
  },
};

describe.each(Object.keys(kinds))('storage in %s', (kind) => {
  const place = () => kinds[kind]?.() ?? (() => memoryStorage());

  it('is empty at first, and keeps what was written for the next one who opens it', async () => {
    const open = place();
    const first = open();
    expect(await first.load()).toEqual(new Map());
    await first.write([
      { key: 'outbox/a', value: { body: 'hello', n: 1 } },
      { key: 'cursor/x', value: [1, null, true] },
    ]);
    await first.write([{ key: 'outbox/a' }, { key: 'cursor/x', value: 2 }]);
    await first.close();
    const second = open();
    expect(await second.load()).toEqual(new Map([['cursor/x', 2]]));
    await second.close();
  });

  it('applies overlapping writes in the order of the calls', async () => {
    const open = place();
    const first = open();
    await first.load();
    const writes = Array.from({ length: 50 }, (_, value) => first.write([{ key: 'cursor/x', value }]));
    await Promise.all(writes);
    await first.close();
    const second = open();
    expect((await second.load()).get('cursor/x')).toBe(49);
    await second.close();
  });

  it('carries an outbox and cursors through restarts', async () => {
    const open = place();
    const server = await serve();
    const { log } = server.state;
    const id = log.direct('ana', 'bob');
    const ana = connect(server, 'ana', { storage: open(), closeTimeoutMs: 20 });
    await ana.client.caughtUp();
    log.send('bob', { conversationId: id, body: 'seen' });
    server.flush();
    await ana.converges(log, id);
    server.state.faults.refuse = (name) => (name === 'message.send' ? { code: 'unavailable' } : undefined);
    const unsent = ana.client.send({ conversationId: id, body: 'later' }).catch(() => 'closed');
    await ana.client.close();
    await unsent;
    server.state.faults.refuse = () => undefined;
    const again = connect(server, 'ana', { storage: open() });
    await again.client.caughtUp();
    await again.converges(log, id);
    await again.client.close();
    expect(log.messages(id).map(({ body }) => body)).toEqual(['seen', 'later']);
    expect(again.bodies(id)).toEqual(['later']);
  });
});

describe('storage in a file', () => {
  it('leaves out a line that a crash tore, and goes on writing after it', async () => {
    const path = join(folder, 'torn.jsonl');
    const first = fileStorage(path);
    await first.load();
    await first.write([{ key: 'outbox/a', value: 1 }]);
    await first.close();
    await appendFile(path, '[{"key":"outbox/b","val');
    const second = fileStorage(path);
    expect(await second.load()).toEqual(new Map([['outbox/a', 1]]));
    await second.write([{ key: 'outbox/c', value: 3 }]);
    await second.close();
    const third = fileStorage(path);
    expect(await third.load()).toEqual(
      new Map([
        ['outbox/a', 1],
        ['outbox/c', 3],
      ]),
    );
    await third.close();
  });

  it('keeps the old file when a crash interrupts the writing of a new one', async () => {
    const path = join(folder, 'compact.jsonl');
    const first = fileStorage(path);
    await first.load();
    await first.write([{ key: 'outbox/a', value: 1 }]);
    await first.close();
    await writeFile(`${path}.new`, '[{"key":"outbox/a","value":1}]\n[{"key":"outb');
    const second = fileStorage(path);
    expect(await second.load()).toEqual(new Map([['outbox/a', 1]]));
    await second.close();
  });

  it('writes itself anew before it grows without end', async () => {
    const path = join(folder, 'long.jsonl');
    const storage = fileStorage(path);
    await storage.load();
    for (let round = 0; round < 22; round += 1) {
      const writes = Array.from({ length: 100 }, (_, i) =>
        storage.write([{ key: 'cursor/x', value: round * 100 + i }]),
      );
      await Promise.all(writes);
    }
    await storage.close();
    const lines = (await readFile(path, 'utf8')).trim().split('\n');
    expect(lines.length).toBeLessThan(1_000);
    const again = fileStorage(path);
    expect((await again.load()).get('cursor/x')).toBe(2_199);
    await again.close();
  });

  it('fails a write that the disk refuses, and only that', async () => {
    const storage = fileStorage(join(folder, 'missing', 'x.jsonl'));
    await expect(storage.load()).rejects.toThrow('ENOENT');
  });
});
