import { randomUUID } from 'node:crypto';
import { until } from '@parley/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { openStage, outcomeOf, space } from './support/stage.ts';

it('of two uploads that come at the same instant, and do not both fit into the quota, one is kept', async () => {
  const stage = await openStage();
  onTestFinished(() => stage.close());
  const [one, two] = [await stage.node(), await stage.node()];
  const [session, watcher] = [await stage.session(), await stage.session()];
  const add = ({ uploads }: typeof one, bytes: number) => {
    const file = { file: { space, id: randomUUID() }, name: 'a', type: 'a/b', bytes, sha256: 'ab'.repeat(32) };
    return outcomeOf(uploads.add('ana', file, 100));
  };
  await add(one, 60);
  await session.query('begin');
  await session.query('select from upload_totals for update');
  const both = Promise.all([add(one, 40), add(two, 40)]);
  const waiting = async () =>
    (
      await watcher.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
    ).rowCount;
  await until(async () => (await waiting()) === 2, { what: 'both have looked, and wait' });
  await session.query('commit');
  expect((await both).filter((outcome) => outcome === 'quota_exceeded')).toHaveLength(1);
  expect((await session.query('select bytes from upload_totals')).rows).toEqual([{ bytes: '100' }]);
});
