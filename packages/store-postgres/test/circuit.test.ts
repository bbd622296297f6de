import { expect, it } from 'vitest';
import { createCircuit } from '../src/circuit.ts';

it('after a failure a circuit asks nobody for a while, and then by one call alone until that succeeds', async () => {
  let nowMs = 0;
  const asked: PromiseWithResolvers<string | undefined>[] = [];
  const circuit = createCircuit({ pauseMs: 100, now: () => nowMs });
  const call = () =>
    circuit.run(() => {
      const answer = Promise.withResolvers<string | undefined>();
      asked.push(answer);
      return answer.promise;
    });
  const answer = (text?: string) => asked.shift()?.resolve(text);

  const together = [call(), call()];
  expect(asked).toHaveLength(2);
  answer('a');
  answer();
  expect(await Promise.all(together)).toEqual(['a', undefined]);

  nowMs = 99;
  expect(await call()).toBeUndefined();
  expect(asked).toHaveLength(0);

  for (const outcome of [undefined, 'b']) {
    nowMs += 100;
    const trial = call();
    expect(asked).toHaveLength(1);
    nowMs += 10_000;
    expect(await Promise.all([call(), call()])).toEqual([undefined, undefined]);
    expect(asked).toHaveLength(1);
    answer(outcome);
    expect(await trial).toBe(outcome);
  }

  const afterwards = [call(), call()];
  expect(asked).toHaveLength(2);
  answer('c');
  answer('d');
  expect(await Promise.all(afterwards)).toEqual(['c', 'd']);
});
