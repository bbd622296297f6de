import { until } from '@parley/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { ask, startBalanced } from './fixtures/balanced.ts';

it('never shows a query in the log, because tokens travel there', async () => {
  const balanced = await startBalanced();
  onTestFinished(balanced.stop);
  await balanced.node('api', 'a1');
  await ask(`${balanced.main}/v1/logged?token=secret-in-query`);
  await until(() => balanced.log().includes('/v1/logged'), { what: 'the request in the log' });
  expect(balanced.log()).not.toContain('secret-in-query');
});

it('names the network of a client, and its address where that is asked for', async () => {
  const lineOf = async (env: NodeJS.ProcessEnv): Promise<string> => {
    const balanced = await startBalanced(env);
    onTestFinished(balanced.stop);
    await balanced.node('api', 'a1');
    await ask(`${balanced.main}/v1/logged`);
    const line = () => balanced.log().match(/^.*\/v1\/logged.*$/m)?.[0];
    return until(line, { what: 'the request in the log' });
  };
  expect(await lineOf({})).toMatch(/^127\.0\.0\.0 parley /);
  expect(await lineOf({ PARLEY_LOG_ADDRESSES: '1' })).toMatch(/^127\.0\.0\.1 parley /);
});

it('says once what becomes of a node', async () => {
  const balanced = await startBalanced();
  onTestFinished(balanced.stop);
  const node = await balanced.node('api', 'a1');
  node.close();
  await until(() => balanced.log().includes('no server available'), { what: 'the node is missed' });
  // What it writes of a request comes after all that it said before.
  await fetch(`${balanced.main}/v1/logged`);
  await until(() => balanced.log().includes('/v1/logged'), { what: 'the request in the log' });
  for (const event of [/a1 is UP/g, /a1 is DOWN/g, /no server available/g])
    expect(balanced.log().match(event), String(event)).toHaveLength(1);
});
