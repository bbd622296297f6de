import { readFile } from 'node:fs/promises';
import { until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupOf, type Node, openStage, type Stage, said } from './support/stage.ts';

let stage: Stage;
let node: Node;
beforeAll(async () => {
  stage = await openStage();
  node = await stage.node();
});
afterAll(() => stage.close());

const positionOfNow = async () => (await node.log.moves(undefined)).position;

/** A send in somebody else's transaction, which is still open when this answers. */
async function sendInFlight(no: number, body: string) {
  const session = await stage.session();
  await session.query('begin');
  await session.query(`select * from append_one($1, 'main', 'ana', null, null, 'text', $2, null, null, 'always')`, [
    no,
    body,
  ]);
  return { commit: () => session.query('commit') };
}

async function rotations(): Promise<number> {
  const session = await stage.session();
  const { rows } = await session.query<{ rotation: string }>('select rotation from moves_kept');
  return Number(rows[0]?.rotation);
}

/** Lets the clock's turn come at which the slot of these rows is emptied. */
async function ageMoves(): Promise<void> {
  const session = await stage.session();
  const next = '((moves_slot() + 1) % 3)';
  await session.query(`with old as (delete from moves returning *)
    insert into moves select ${next}, xid, nos, seqs, revs, versions, users from old`);
  await session.query(`update moves_kept set slot = ${next}`);
}

describe('moves', () => {
  it('tell of a write that was in flight when later ones were read', async () => {
    const [slow, quick] = [await groupOf(node, 'ana'), await groupOf(node, 'ana')];
    let position = await positionOfNow();
    const inFlight = await sendInFlight(slow, 'slow');
    await node.messages.append(said('ana', quick, 'quick'));
    const first = await node.log.moves(position);
    expect(first.moves.map(({ no }) => no)).toEqual([quick]);
    position = (await node.log.moves(first.position)).position;
    await inFlight.commit();
    const second = await node.log.moves(position);
    expect(second.moves.map(({ no, lastSeq }) => [no, lastSeq])).toEqual([[slow, 1]]);
    expect((await node.log.moves(second.position)).moves).toEqual([]);
  });

  it('are emptied slot by slot, and only who had not read them is told so', async () => {
    const no = await groupOf(node, 'ana');
    const behind = await positionOfNow();
    await node.messages.append(said('ana', no, 'one'));
    const upToDate = await positionOfNow();
    const before = await rotations();
    await ageMoves();
    await node.log.moves(upToDate);
    await until(async () => (await rotations()) === before + 1, { what: 'a slot is emptied' });
    expect(await node.log.moves(behind)).toMatchObject({ truncated: true, moves: [] });
    expect(await node.log.moves(upToDate)).toMatchObject({ truncated: false, moves: [] });
    await node.messages.append(said('ana', no, 'two'));
    expect((await node.log.moves(upToDate)).moves.map(({ lastSeq }) => lastSeq)).toEqual([2]);
  });

  it('ask who stood behind an old transaction to repair once, and not again and again', async () => {
    const no = await groupOf(node, 'ana');
    const old = await sendInFlight(no, 'old');
    const other = await groupOf(node, 'bob');
    await node.messages.append(said('bob', other, 'one'));
    const position = await positionOfNow();
    const before = await rotations();
    // The open transaction wrote to a slot: it cannot be emptied under it, so only what others left is aged.
    const session = await stage.session();
    await session.query(
      `insert into moves select (moves_slot() + 1) % 3, xid, nos, seqs, revs, versions, users from moves`,
    );
    await session.query('update moves_kept set slot = (moves_slot() + 1) % 3');
    await node.log.moves(position);
    await until(async () => (await rotations()) > before, { what: 'a slot is emptied' });
    const told = await node.log.moves(position);
    expect(told.truncated).toBe(true);
    expect((await node.log.moves(told.position)).truncated).toBe(false);
    await old.commit();
    expect((await node.log.moves(told.position)).moves.map((move) => move.no)).toEqual([no]);
  });

  it('wait with emptying a slot while somebody writes to it', async () => {
    const no = await groupOf(node, 'ana');
    const position = await positionOfNow();
    const writer = await stage.session();
    await writer.query('begin');
    await writer.query(
      `insert into moves select (moves_slot() + 1) % 3, pg_current_xact_id(), array[$1::bigint], '{9}', '{1}', '{1}'`,
      [no],
    );
    const before = await rotations();
    const session = await stage.session();
    await session.query('update moves_kept set slot = (moves_slot() + 1) % 3');
    const { rows } = await session.query<{ rotated: boolean }>('select rotate_moves() as rotated');
    expect(rows).toEqual([{ rotated: false }]);
    expect(await rotations()).toBe(before);
    await writer.query('commit');
    expect((await node.log.moves(position)).moves.map(({ lastSeq }) => lastSeq)).toEqual([9]);
  });

  it('start anew after a restore, as the script for it says', async () => {
    const no = await groupOf(node, 'ana');
    const { position, epoch } = await node.log.moves(undefined);
    await node.messages.append(said('ana', no, 'one'));
    const script = await readFile(new URL('../../../infra/postgres/after-restore.sql', import.meta.url), 'utf8');
    const session = await stage.session();
    // What a copy that was loaded into a younger server brings along.
    await session.query(`update moves_kept set gone_xid = '9000000000000000000'`);
    await session.query(script);
    const moved = await node.log.moves(position);
    expect(moved).toMatchObject({ truncated: true, moves: [] });
    expect(moved.epoch).not.toBe(epoch);
    await node.messages.append(said('ana', no, 'two'));
    expect((await node.log.moves(moved.position)).moves.map(({ lastSeq }) => lastSeq)).toEqual([2]);
    const upToDate = await positionOfNow();
    const before = await rotations();
    await ageMoves();
    await node.log.moves(upToDate);
    await until(async () => (await rotations()) === before + 1, { what: 'a slot is emptied' });
    expect(await node.log.moves(upToDate)).toMatchObject({ truncated: false });
  });

  it('start anew under another epoch, which acknowledgements carry at once', async () => {
    const no = await groupOf(node, 'ana');
    const position = await positionOfNow();
    const { epoch } = await node.messages.append(said('ana', no, 'one'));
    const session = await stage.session();
    await session.query('select new_epoch()');
    const after = await node.messages.append(said('ana', no, 'two'));
    expect(after.epoch).not.toBe(epoch);
    const moved = await node.log.moves(position);
    expect(moved).toMatchObject({ truncated: true, epoch: after.epoch });
    expect((await node.history.sync('main', 'ana', [])).epoch).toBe(after.epoch);
    await until(async () => (await node.history.epoch()) === after.epoch, { what: 'the cached epoch is old' });
  });
});
