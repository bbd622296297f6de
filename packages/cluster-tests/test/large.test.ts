import { type Input, limits, type Message, type Output } from '@parley/protocol';
import { until } from '@parley/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRun, type Run, seed, sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());

/** What a person waits for without wondering, on a busy machine. */
const patienceMs = 5_000;
/** Hints are given every few seconds. */
const hintWithinMs = 10_000;
const conversationsMax = 1_000;
const messagesMax = 100_000;
const membersMax = 2_000;

describe('a large file', () => {
  const image = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(20_000_000, 7)]);

  it('goes through the load balancer in a stream, and every node serves it at the URL that a message carries', async () => {
    const run = createRun(cluster);
    await run.users('ada', 'bob');
    const peerId = run.userId('bob');
    const heard = listen(run, 'bob');
    await heard.caughtUp();
    const ada = run.sdk('ada');
    const file = await ada.upload(new Blob([image], { type: 'image/png' }), 'photo.png');
    expect(file).toMatchObject({ name: 'photo.png', type: 'image/png', bytes: image.byteLength });
    await ada.send({ peerId, kind: 'image', body: '', attachmentIds: [file.id] });
    const [attachment] = await until(() => heard.last()?.attachments, { what: 'bob hears of it' });
    const link = new URL(attachment?.url ?? '');
    expect(link.origin).toBe(new URL(cluster.urls['main'] ?? '').origin);
    const shown = await fetch(link);
    expect(shown.headers.get('content-type')).toBe('image/png');
    expect(image.equals(Buffer.from(await shown.arrayBuffer()))).toBe(true);
    const apiNodes = (await cluster.nodes()).filter(({ kind }) => kind === 'api');
    for (const node of apiNodes) {
      const direct = await fetch(`${node.url}${link.pathname}${link.search}`, {
        method: 'HEAD',
        headers: { 'x-parley-space': 'main' },
      });
      expect([direct.status, direct.headers.get('etag')]).toEqual([200, `"${file.sha256}"`]);
    }
    const elsewhere = await fetch(`${cluster.urls['direct-chat']}${link.pathname}${link.search}`);
    expect(elsewhere.status).toBe(403);
  });

  it('beyond the limit is refused, to whoever is still writing it', async () => {
    const run = createRun(cluster);
    await run.users('ada');
    const upload = run.sdk('ada').upload(new Blob([Buffer.alloc(limits.fileBytesMax + 1)]), 'a.bin');
    await expect(upload).rejects.toMatchObject({ code: 'too_large', kind: 'refused' });
  });
});

describe('what is large', () => {
  it(`a client with ${conversationsMax} conversations connects, pages its inbox, and is led to the quietest of them when it speaks, and hears it once she looks`, async () => {
    const run = createRun(cluster);
    const owners = Array.from({ length: 10 }, (_, i) => `owner${i}`);
    await run.users('ada', ...owners);
    const made = await Promise.all(
      owners.map(async (owner) => {
        const ids: string[] = [];
        for (let i = 0; i < conversationsMax / owners.length; i += 1) {
          const input = { title: `${owner} ${i}`, memberIds: [run.userId('ada')] };
          ids.push(bodyOf(await run.http(owner, 'conversation.create', input)).conversation.id);
        }
        return ids;
      }),
    );

    const startedAt = performance.now();
    const ada = run.plain('ada');
    const hinted = new Set<string>();
    ada.on('heads', ({ conversations }) => conversations.forEach(({ id }) => hinted.add(id)));
    const { conversations: heads, next } = await run.ready(ada);
    expect(performance.now() - startedAt, 'ms until the session').toBeLessThan(patienceMs);
    expect(heads).toHaveLength(limits.headsMax);
    const listed = heads.map(({ id }) => id);
    for (let after = next; after !== undefined; ) {
      const answer = await ada.call('conversation.list', { after, limit: limits.pageMax });
      if (!answer.ok) throw new Error(answer.error.code);
      listed.push(...answer.conversations.map(({ id }) => id));
      after = answer.next;
    }
    expect(listed.toSorted()).toEqual(made.flat().toSorted());

    const sdk = run.sdk('ada');
    await sdk.caughtUp();
    expect(sdk.conversations).toHaveLength(conversationsMax);
    const quietest = made[0]?.[0] ?? '';
    expect(await run.post('owner0', quietest, 'do you hear me?')).toMatchObject({ ok: true });
    // It is beyond the conversations whose rooms a session is in: a hint leads to it.
    await until(() => hinted.has(quietest), { what: 'ada is told where to look', withinMs: hintWithinMs });
    await until(() => sdk.conversation(quietest)?.lastSeq === 1, {
      what: 'her other device has it',
      withinMs: hintWithinMs,
    });
    // Once she looks at it, she hears it like any other.
    const heard = new Set<string>();
    ada.on('message.created', ({ body }) => heard.add(body));
    expect(await ada.call('history.page', { conversationId: quietest })).toMatchObject({ ok: true });
    await until(
      async () => {
        const body = `and now, ${heard.size}-${performance.now()}?`;
        await run.post('owner0', quietest, body);
        return until(() => heard.has(body), { what: 'ada hears it', withinMs: 500 }).catch(() => false);
      },
      { what: 'ada hears what is said after she looked', withinMs: hintWithinMs },
    );
  });

  it(`a conversation with ${messagesMax} messages pages in both directions, and sync says when it is too much`, async () => {
    const run = createRun(cluster);
    await run.users('ada', 'bob');
    const input = { title: 'long', memberIds: [run.userId('bob')] };
    const { conversation, epoch } = bodyOf(await run.http('ada', 'conversation.create', input));
    await seed(cluster.databaseUrl, ({ messages }) => messages(conversation.id, run.userId('ada'), messagesMax));
    const [ada, bob] = [run.plain('ada'), run.plain('bob')];
    await Promise.all([run.ready(ada), run.ready(bob)]);
    const startedAt = performance.now();

    const page = async (range: Omit<Input<'history.page'>, 'conversationId'>): Promise<Output<'history.page'>> => {
      const answer = await bob.call('history.page', { conversationId: conversation.id, ...range });
      if (!answer.ok) throw new Error(answer.error.code);
      return answer;
    };
    const newest = await page({});
    expect(seqs(newest.messages)).toEqual(range(messagesMax - limits.pageDefault, messagesMax));
    let [back, forth] = [newest.messages[0]?.seq ?? 0, 50_000];
    for (let i = 0; i < 20; i += 1) {
      const older = await page({ beforeSeq: back, limit: limits.pageMax });
      expect(seqs(older.messages)).toEqual(range(back - 1 - limits.pageMax, back - 1));
      const newer = await page({ afterSeq: forth, limit: limits.pageMax });
      expect(seqs(newer.messages)).toEqual(range(forth, forth + limits.pageMax));
      [back, forth] = [back - limits.pageMax, forth + limits.pageMax];
    }
    expect(await page({ beforeSeq: 10 })).toMatchObject({ more: false, firstSeq: 1, lastSeq: messagesMax });

    const sync = async (seq: number) => {
      const cursor = { id: conversation.id, seq, rev: conversation.rev };
      const answer = await bob.call('sync', { epoch, conversations: [cursor] });
      if (!answer.ok) throw new Error(answer.error.code);
      return answer.conversations[0];
    };
    const far = await sync(messagesMax - limits.syncMessagesMax - 1);
    expect(far).toMatchObject({ status: 'limited', seq: messagesMax, more: false });
    expect(seqs(far?.messages ?? []).at(-1)).toBe(messagesMax);
    const near = await sync(messagesMax - 150);
    expect(near).toMatchObject({ status: 'ok', seq: messagesMax, more: false });
    expect(seqs(near?.messages ?? [])).toEqual(range(messagesMax - 150, messagesMax));

    const sent = await ada.send(conversation.id, 'one more');
    expect(sent).toMatchObject({ ok: true, seq: messagesMax + 1 });
    await until(() => bob.heard.length > 0, { what: 'bob hears it' });
    expect(seqs(bob.heard)).toEqual([messagesMax + 1]);
    expect(performance.now() - startedAt, 'ms for all of it').toBeLessThan(patienceMs);
  });

  it(`a conversation with ${membersMax} members is listed, sends, and is heard on every node`, async () => {
    const run = createRun(cluster);
    const listeners = Array.from({ length: 30 }, (_, i) => `user${i}`);
    const members = [...listeners, ...Array.from({ length: membersMax - 31 }, (_, i) => `member${i}`)].map(run.userId);
    await run.users('ada');
    await seed(cluster.databaseUrl, ({ users }) => users(members));
    const group = await fill(run, members);
    const ada = run.sdk('ada');
    const clients = listeners.map((name) => run.plain(name, { socket: { transports: ['websocket'] } }));
    await Promise.all([ada.caughtUp(), ...clients.map((client) => run.ready(client))]);
    expect(new Set(clients.map(({ ready }) => ready?.nodeId)).size).toBe(3);

    const listed: string[] = [];
    for (let after: string | undefined, more = true; more; ) {
      const answer = bodyOf(
        await run.http('ada', 'member.list', { conversationId: group, limit: limits.pageMax, ...(after && { after }) }),
      );
      listed.push(...answer.members.map(({ userId }) => userId));
      after = answer.next;
      more = after !== undefined;
    }
    expect(listed.toSorted()).toEqual([run.userId('ada'), ...members].toSorted());

    const acks = await Promise.all(
      Array.from({ length: 20 }, (_, i) => ada.send({ conversationId: group, body: `to all ${i}` })),
    );
    await until(() => clients.every(({ heard }) => heard.length === acks.length), { what: 'all hear it' });
    for (const { heard } of clients) expect(seqs(heard)).toEqual(acks.map(({ seq }) => seq));
  });
});

/** A group of ada and the others, as many at a time as one command takes. */
async function fill(run: Run, members: readonly string[]): Promise<string> {
  const [first = [], ...others] = Array.from(
    { length: Math.ceil(members.length / limits.membersPerCommandMax) },
    (_, i) => members.slice(i * limits.membersPerCommandMax, (i + 1) * limits.membersPerCommandMax),
  );
  const made = await run.http('ada', 'conversation.create', { title: 'large', memberIds: first });
  const { id } = bodyOf(made).conversation;
  for (const userIds of others) bodyOf(await run.http('ada', 'member.add', { conversationId: id, userIds }));
  return id;
}

function bodyOf<T>(answer: { ok: true; body: T } | { ok: false; error: { code: string } | undefined }): T {
  if (!answer.ok) throw new Error(answer.error?.code);
  return answer.body;
}

const seqs = (messages: readonly Message[]) => messages.map(({ seq }) => seq);
/** After `from`, up to `to`. */
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + 1 + i);

/** A client that keeps the last message that it heard. */
function listen(run: Run, name: string) {
  const client = run.sdk(name);
  let last: Message | undefined;
  client.on('message', ({ message }) => (last = message));
  return { caughtUp: () => client.caughtUp(), last: () => last };
}
