import { eventNames, nothingMore } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { bystander, type Dialect, dialects, native, speak, voicesOf } from '../src/index.ts';

describe('a dialect', () => {
  it.each(Object.values(dialects))('$name has a line for every canonical event', ({ outbound }) => {
    expect(Object.keys(outbound).sort()).toEqual([...eventNames].sort());
  });

  it('keeps silent where its table says so', () => {
    const quiet: Dialect = { ...native, name: 'quiet', outbound: { ...native.outbound, 'server.migrate': 'silent' } };
    expect(speak(quiet, 'server.migrate', { afterMs: 1 }, nothingMore, bystander)).toEqual([]);
  });

  it('has one voice for every difference that it hears, and one when it hears none', () => {
    const names = (hears: Dialect['hears']) => voicesOf({ ...native, name: 'x', hears }).map(({ name }) => name);
    expect(names([])).toEqual(['x']);
    expect(names(['own', 'viewing'])).toEqual(['x', 'x/viewing', 'x/own', 'x/own/viewing']);
    expect(names(['role'])).toEqual(['x/user', 'x/agent', 'x/admin']);
  });
});

describe('the native dialect', () => {
  it('says every event under its own name, with its payload untouched', () => {
    const payload = { afterMs: 250 };
    const [spoken] = speak(native, 'server.migrate', payload, nothingMore, bystander);
    expect(spoken).toEqual(['server.migrate', payload]);
    expect(spoken?.[1]).toBe(payload);
  });
});
