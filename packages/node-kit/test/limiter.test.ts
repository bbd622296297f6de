import { createLimiter } from '@parley/node-kit';
import { budgets } from '@parley/protocol';
import { describe, expect, it } from 'vitest';

const allowances = { ...budgets, send: { points: 3, windowMs: 1_000 } };

describe('a budget', () => {
  it('permits as many actions as it has points, and says when to go on after one more', () => {
    const limiter = createLimiter(allowances);
    expect([0, 1, 2].map((now) => limiter.take('ada', 'send', now))).toEqual([0, 0, 0]);
    expect(limiter.take('ada', 'send', 400)).toBe(600);
    expect(limiter.take('ada', 'send', 999.5)).toBe(1);
    expect(limiter.take('ada', 'send', 1_000)).toBe(0);
  });

  it('is nobody else’s, and no other budget’s', () => {
    const limiter = createLimiter(allowances);
    for (let i = 0; i < 4; i += 1) limiter.take('ada', 'send', 0);
    expect(limiter.take('ben', 'send', 0)).toBe(0);
    expect(limiter.take('ada', 'read', 0)).toBe(0);
  });

  it('does not begin anew by being asked while it is used up', () => {
    const limiter = createLimiter(allowances);
    for (let now = 0; now < 1_000; now += 10) limiter.take('ada', 'send', now);
    expect(limiter.take('ada', 'send', 1_000)).toBe(0);
  });

  it('of a thousand users takes no more memory than was allowed, and a flood is forgotten', () => {
    const limiter = createLimiter(allowances, { max: 100 });
    for (let user = 0; user < 1_000; user += 1) limiter.take(`user-${user}`, 'send', 0);
    expect(limiter.size()).toBe(100);
    for (let user = 0; user < 100; user += 1) limiter.take('ada', 'send', 2_000 + user * 1_000);
    expect(limiter.size()).toBe(1);
  });
});
