import { randomUUID } from 'node:crypto';
import { until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  countOf,
  groupOf,
  type Node,
  numbers,
  openStage,
  outcomeOf,
  type Stage,
  said,
  space,
} from './support/stage.ts';

let stage: Stage;
let node: Node;
beforeAll(async () => {
  stage = await openStage();
  node = await stage.node();
});
afterAll(() => stage.close());

const seqOf = (outcome: Awaited<ReturnType<typeof send>>) =>
  typeof outcome === 'string' ? outcome : outcome.message.seq;
const send = (senderId: string, no: number, body: string, clientId?: string | null) =>
  outcomeOf(node.messages.append(said(senderId, no, body, clientId)));

/** Somebody else's transaction holds these conversations until they are let go. */
async function hold(...nos: number[]) {
  const session = await stage.session();
  await session.query('begin');
  await session.query('select from conversations where no = any($1) for no key update', [nos]);
  return { letGo: async () => void (await session.query('commit')) };
}

describe('appending', () => {
  it('stores what arrives in one turn of the event loop in one batch for each lane', async () => {
    const nos = [await groupOf(node, 'ana'), await groupOf(node, 'ana')];
    const loner = await stage.node({ lanes: 2 });
    const bodies = numbers(1, 40);
    await Promise.all(bodies.flatMap((i) => nos.map((no) => loner.messages.append(said('ana', no, `${i}`)))));
    // Each batch counts itself and its time, so that a histogram's count is that of the batches.
    const text = await loner.registry.metrics();
    expect(text).toContain('parley_store_batch_rows_count 2\n');
    expect(text).toContain('parley_store_batch_rows_sum 80\n');
  });

  it('begins no batch right after another, so that those in between share one', async () => {
    const [no, rounds] = [await groupOf(node, 'ana'), 20];
    const begunAt = performance.now();
    for (const i of numbers(1, rounds)) await send('ana', no, `${i}`);
    // They are 5 ms apart, by a timer that counts whole milliseconds.
    expect(performance.now() - begunAt).toBeGreaterThan((rounds - 1) * 4);
  });

  it('lets one bad row refuse only itself', async () => {
    const [no, far] = [await groupOf(node, 'ana', 'bob'), await groupOf(node, 'ana')];
    const outcomes = await Promise.all([
      send('ana', no, 'one'),
      send('bob', no, 'what PostgreSQL cannot hold: \u0000'),
      send('bob', no, 'two'),
      send('ana', no, 'no UUID', 'not-a-uuid'),
      send('ana', far, 'elsewhere'),
      send('ana', no, 'three'),
    ]);
    expect(outcomes.map(seqOf)).toEqual([1, 'invalid', 2, 'invalid', 1, 3]);
    expect(await countOf(node, 'parley_store_row_by_row_batches_total')).toBeGreaterThan(0);
  });

  it('keeps its batches whole although a client sends the same clientId again and again', async () => {
    const quiet = await stage.node({ lanes: 1 });
    const [no, far] = [await groupOf(node, 'ana'), await groupOf(node, 'bob')];
    const clientId = randomUUID();
    const floods = numbers(1, 30).map(() => quiet.messages.append(said('ana', no, 'again', clientId)));
    const others = numbers(1, 30).map((i) => quiet.messages.append(said('bob', far, `${i}`)));
    expect((await Promise.all(floods)).map(({ message }) => message.seq)).toEqual(floods.map(() => 1));
    expect((await Promise.all(others)).map(({ message }) => message.seq)).toEqual(numbers(1, 30));
    expect(await countOf(quiet, 'parley_store_row_by_row_batches_total')).toBe(0);
    expect(await countOf(quiet, 'parley_store_stored_rows_total')).toBe(31);
    expect(await countOf(quiet, 'parley_store_duplicate_rows_total')).toBe(29);
    // One batch for the first of them and everybody else, and one for each repetition.
    expect(await quiet.registry.metrics()).toContain(
      'parley_store_batch_rows_sum 60\nparley_store_batch_rows_count 30\n',
    );
  });

  it('delays nobody else when a conversation is held, and stores its messages in order once it is free', async () => {
    const [held, free] = [await groupOf(node, 'ana', 'bob'), await groupOf(node, 'ana')];
    // Both in the same lane, whose numbers are all even or all odd.
    const near = (free - held) % 2 === 0 ? free : await groupOf(node, 'ana');
    const holder = await hold(held);
    let answered = 0;
    const waiting = numbers(1, 300).map(async (i) => {
      const outcome = await send(i % 2 ? 'ana' : 'bob', held, `${i}`, null);
      answered++;
      return outcome;
    });
    for (const round of numbers(1, 5)) {
      // Only the first batch waits, for its lock timeout; all of them are stored while the conversation is held.
      await Promise.all(numbers(1, 20).map((i) => send('ana', near, `${round}/${i}`)));
    }
    expect(answered).toBe(0);
    const later = send('ana', held, 'later');
    await holder.letGo();
    expect((await Promise.all(waiting)).map(seqOf)).toEqual(numbers(1, 300));
    expect(seqOf(await later)).toBe(301);
    const page = await node.history.page(space, 'ana', held, { afterSeq: 0, limit: 400 });
    expect(page.messages.map(({ body }) => body)).toEqual([...numbers(1, 300).map(String), 'later']);
    expect(await countOf(node, 'parley_store_held_conversations_total')).toBeGreaterThan(0);
  });

  it('lets no held conversation stand behind the holders of others', async () => {
    // Waiting for one after the other, a tenth of a second each, would take longer than a message waits.
    const nos = await Promise.all(numbers(1, 60).map(() => groupOf(node, 'ana')));
    const last = nos.pop() ?? 0;
    const [holder, ofLast] = [await hold(...nos), await hold(last)];
    const sends = nos.map((no) => send('ana', no, 'hello'));
    const sendToLast = send('ana', last, 'hello');
    await until(async () => (await countOf(node, 'parley_store_held_conversations_total')) >= 60, {
      what: 'all are held',
    });
    await ofLast.letGo();
    expect(seqOf(await sendToLast)).toBe(1);
    await holder.letGo();
    expect((await Promise.all(sends)).map(seqOf)).toEqual(nos.map(() => 1));
  });

  it('answers `busy` when a conversation stays held, and has stored nothing of it', async () => {
    const no = await groupOf(node, 'ana');
    const holder = await hold(no);
    expect(await Promise.all([send('ana', no, 'one'), send('ana', no, 'two')])).toEqual(['busy', 'busy']);
    expect(await outcomeOf(node.messages.edit(space, 'ana', { no, seq: 1 }, 'x', 'always'))).toBe('busy');
    await holder.letGo();
    expect(seqOf(await send('ana', no, 'three'))).toBe(1);
  });

  it('stores each message once when several nodes retry it in batches with many neighbours', async () => {
    const nodes = [node, await stage.node(), await stage.node()];
    const nos = await Promise.all(numbers(1, 6).map(() => groupOf(node, 'ana', 'bob')));
    const messages = numbers(1, 120).map((i) => said(i % 2 ? 'ana' : 'bob', nos[i % nos.length] ?? 0, `${i}`));
    const sent = await Promise.all(
      messages.map((message, i) =>
        Promise.all(
          nodes.map((each) => each.messages.append(message)).concat(nodes[i % 3]?.messages.append(message) ?? []),
        ),
      ),
    );
    for (const answers of sent) {
      expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
      expect(new Set(answers.map(({ message }) => message.id)).size).toBe(1);
    }
    for (const no of nos) {
      const { messages: kept } = await node.history.page(space, 'ana', no, { afterSeq: 0, limit: 200 });
      expect(kept.map(({ seq }) => seq)).toEqual(numbers(1, 20));
    }
  });

  it('stores what it took before it closes, and takes nothing more', async () => {
    const leaving = await stage.node();
    const no = await groupOf(node, 'ana');
    const sends = numbers(1, 300).map((i) => outcomeOf(leaving.messages.append(said('ana', no, `${i}`))));
    const closing = leaving.close();
    expect(await outcomeOf(leaving.messages.append(said('ana', no, 'too late')))).toBe('unavailable');
    await closing;
    expect((await Promise.all(sends)).map(seqOf)).toEqual(numbers(1, 300));
  });
});
