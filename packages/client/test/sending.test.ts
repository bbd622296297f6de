import { until } from '@parley/testkit';
import { describe, expect, it } from 'vitest';
import { memoryStorage, ParleyError } from '../src/index.ts';
import type { Json } from '../src/storage/storage.ts';
import { createLog } from './fixtures/log.ts';
import { connect, serve } from './fixtures/world.ts';

describe('sending', () => {
  it('answers with the acknowledgement, and tells the message to both sides', async () => {
    const server = await serve();
    const ana = connect(server, 'ana');
    const bob = connect(server, 'bob');
    await bob.client.caughtUp();
    const ack = await ana.client.send({ peerId: 'bob', body: 'hello' });
    expect(ack).toMatchObject({ seq: 1, duplicate: false });
    await until(() => bob.bodies(ack.conversationId).length === 1, { what: 'bob hears it' });
    await until(() => ana.bodies(ack.conversationId).length === 1, { what: 'ana hears it' });
    expect(ana.client.outbox).toEqual([]);
  });

  it('carries what a message has beside its body, and shows it', async () => {
    const server = await serve();
    const [ana, bob] = [connect(server, 'ana'), connect(server, 'bob')];
    await bob.client.caughtUp();
    const attachments = [{ url: 'https://files.example/a.png', name: 'a.png' }];
    const { conversationId } = await ana.client.send({ peerId: 'bob', kind: 'image', body: '', attachments });
    await until(() => bob.bodies(conversationId).length === 1, { what: 'bob hears it' });
    expect(bob.client.conversation(conversationId)?.messages).toMatchObject([{ kind: 'image', body: '', attachments }]);
  });

  it('stores a message once when its acknowledgement is lost, with the same clientId', async () => {
    const server = await serve();
    const ana = connect(server, 'ana');
    await ana.client.caughtUp();
    let losses = 3;
    server.state.faults.losesAck = (name) => name === 'message.send' && losses-- > 0;
    const ack = await ana.client.send({ peerId: 'bob', body: 'once' });
    expect(ack.duplicate).toBe(true);
    expect(server.state.log.messages(ack.conversationId).map(({ body }) => body)).toEqual(['once']);
    const ids = server.state.calls.flatMap(({ name, input }) =>
      name === 'message.send' ? [(input as { clientId: string }).clientId] : [],
    );
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(1);
  });

  it('keeps the order of one conversation through refusals, lost answers and cut connections', async () => {
    const server = await serve();
    const ana = connect(server, 'ana');
    await ana.client.caughtUp();
    let n = 0;
    server.state.faults.refuse = (name) =>
      name === 'message.send' && (n += 1) % 4 === 0 ? { code: 'busy', retryAfterMs: 5 } : undefined;
    server.state.faults.losesAck = (name) => name === 'message.send' && n % 7 === 0;
    const bodies = Array.from({ length: 40 }, (_, i) => `${i}`);
    const acks = Promise.all(bodies.map((body) => ana.client.send({ peerId: 'bob', body })));
    await until(() => n > 10, { what: 'some were tried' });
    server.cut();
    await until(() => n > 25, { what: 'some more were tried' });
    server.cut();
    const [first] = await acks;
    const id = first?.conversationId ?? '';
    expect(server.state.log.messages(id).map(({ body }) => body)).toEqual(bodies);
    await ana.converges(server.state.log, id);
    expect(ana.bodies(id)).toEqual(bodies);
  });

  it('ends with the code when a message is refused for good, and goes on with the next', async () => {
    const server = await serve();
    const ana = connect(server, 'ana');
    let refusals = 1;
    server.state.faults.refuse = (name) =>
      name === 'message.send' && refusals-- > 0 ? { code: 'forbidden' } : undefined;
    const refused = ana.client.send({ peerId: 'bob', body: 'one' }).catch((error: unknown) => error);
    const sent = ana.client.send({ peerId: 'bob', body: 'two' });
    expect(await refused).toBeInstanceOf(ParleyError);
    expect(await refused).toMatchObject({ code: 'forbidden', kind: 'refused' });
    expect(await sent).toMatchObject({ seq: 1 });
    expect(ana.client.outbox).toEqual([]);
  });

  it('waits as long as a refusal asks for', async () => {
    const server = await serve();
    const ana = connect(server, 'ana');
    const tries: number[] = [];
    server.state.faults.refuse = (name) => {
      if (name !== 'message.send') return undefined;
      tries.push(performance.now());
      return tries.length === 1 ? { code: 'rate_limited', retryAfterMs: 150 } : undefined;
    };
    await ana.client.send({ peerId: 'bob', body: 'patience' });
    expect((tries[1] ?? 0) - (tries[0] ?? 0)).toBeGreaterThanOrEqual(149);
  });

  it('keeps the message before the first try, and the next start sends it', async () => {
    const entries = new Map<string, Json>();
    const server = await serve();
    const ana = connect(server, 'ana', { storage: memoryStorage(entries), closeTimeoutMs: 50 });
    let keptAtFirstTry = false;
    server.state.faults.refuse = (name) => {
      if (name === 'message.send') keptAtFirstTry = [...entries.keys()].some((key) => key.startsWith('outbox/'));
      return name === 'message.send' ? { code: 'unavailable' } : undefined;
    };
    const unsent = ana.client.send({ peerId: 'bob', body: 'later' }).catch((error: unknown) => error);
    await until(() => keptAtFirstTry, { what: 'it was kept when it was tried' });
    await ana.client.close();
    expect(await unsent).toMatchObject({ code: 'closed' });
    server.state.faults.refuse = () => undefined;
    const again = connect(server, 'ana', { storage: memoryStorage(entries) });
    await until(() => again.names('outbox').some((event) => (event as { status: string }).status === 'sent'), {
      what: 'the next start sends it',
    });
    const id = server.state.log.direct('ana', 'bob');
    expect(server.state.log.messages(id).map(({ body }) => body)).toEqual(['later']);
    await again.client.close();
    expect([...entries.keys()].filter((key) => key.startsWith('outbox/'))).toEqual([]);
  });

  it('asks again after a crash between commit and acknowledgement, and the message is there once', async () => {
    const entries = new Map<string, Json>();
    const server = await serve();
    const ana = connect(server, 'ana', { storage: memoryStorage(entries), closeTimeoutMs: 0 });
    server.state.faults.losesAck = (name) => name === 'message.send';
    ana.client.send({ peerId: 'bob', body: 'once' }).catch(() => {});
    const id = server.state.log.direct('ana', 'bob');
    await until(() => server.state.log.messages(id).length === 1, { what: 'it is stored' });
    // What a killed process leaves is what the storage has at this moment.
    const left = new Map(entries);
    await ana.client.close();
    server.state.faults.losesAck = () => false;
    const again = connect(server, 'ana', { storage: memoryStorage(left) });
    await until(() => again.names('outbox').some((event) => (event as { status: string }).status === 'sent'), {
      what: 'the next start hears that it is stored',
    });
    expect(server.state.log.messages(id)).toHaveLength(1);
  });

  it('sends nothing when the storage cannot keep it', async () => {
    const server = await serve();
    const broken = { ...memoryStorage(), write: () => Promise.reject(new Error('disk full')) };
    const ana = connect(server, 'ana', { storage: broken });
    await ana.client.caughtUp();
    await expect(ana.client.send({ peerId: 'bob', body: 'lost' })).rejects.toMatchObject({ code: 'storage_failed' });
    expect(server.state.calls.filter(({ name }) => name === 'message.send')).toEqual([]);
    expect(ana.client.outbox).toEqual([]);
  });

  it('never sends what another user left in the storage', async () => {
    const entries = new Map<string, Json>();
    const server = await serve(createLog());
    const ana = connect(server, 'ana', { storage: memoryStorage(entries), closeTimeoutMs: 0 });
    await ana.client.caughtUp();
    server.state.faults.refuse = (name) => (name === 'message.send' ? { code: 'unavailable' } : undefined);
    ana.client.send({ peerId: 'bob', body: 'private' }).catch(() => {});
    await until(() => ana.client.outbox.length === 1, { what: 'it waits' });
    await ana.client.close();
    server.state.faults.refuse = () => undefined;
    const eve = connect(server, 'eve', { storage: memoryStorage(entries) });
    await eve.client.caughtUp();
    expect(eve.client.outbox).toEqual([]);
    await eve.client.send({ peerId: 'bob', body: 'mine' });
    const sent = server.state.calls.filter(({ name, userId }) => name === 'message.send' && userId === 'eve');
    expect(sent.map(({ input }) => (input as { body: string }).body)).toEqual(['mine']);
  });

  it('refuses a body that no frame could carry before it enters the outbox', async () => {
    const server = await serve();
    const ana = connect(server, 'ana');
    await expect(ana.client.send({ peerId: 'bob', body: 'x'.repeat(8_001) })).rejects.toMatchObject({
      code: 'invalid',
    });
    await expect(ana.client.send({ peerId: 'b'.repeat(66_000), body: 'x' })).rejects.toMatchObject({
      code: 'too_large',
    });
    await expect(ana.client.send({ peerId: 'bob', body: '\u0001'.repeat(8_000) })).resolves.toBeDefined();
    await expect(ana.client.send({ peerId: 'bob', body: '🦜'.repeat(8_000) })).resolves.toBeDefined();
  });
});
