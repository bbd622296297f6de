import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { next, silence } from '@parley/testkit';

describe('next', () => {
  it('hears the next event that fits, and stops listening', async () => {
    const speaker = new EventEmitter();
    const heard = next<number>(speaker, 'number', { where: (value) => value > 1 });
    speaker.emit('number', 1);
    speaker.emit('number', 2);
    expect(await heard).toBe(2);
    expect(speaker.listenerCount('number')).toBe(0);
  });

  it('fails when nothing comes, and stops listening', async () => {
    const speaker = new EventEmitter();
    await expect(next(speaker, 'number', { withinMs: 20 })).rejects.toThrow('no number within 20 ms');
    expect(speaker.listenerCount('number')).toBe(0);
  });
});

describe('silence', () => {
  it('holds when nothing comes', async () => {
    const speaker = new EventEmitter();
    const quiet = silence(speaker, 'number', { forMs: 20, where: (value) => value === 2 });
    speaker.emit('number', 1);
    await quiet;
    expect(speaker.listenerCount('number')).toBe(0);
  });

  it('is broken by what comes, which it names', async () => {
    const speaker = new EventEmitter();
    const quiet = silence(speaker, 'number', { forMs: 20 });
    speaker.emit('number', { n: 1 });
    await expect(quiet).rejects.toThrow('number broke the silence with {"n":1}');
  });
});
