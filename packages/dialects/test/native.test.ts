import { eventNames } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { type Dialect, dialects, native, speak } from '../src/index.ts';

describe('a dialect', () => {
  it.each(Object.values(dialects))('$name has a line for every canonical event', ({ outbound }) => {
    expect(Object.keys(outbound).sort()).toEqual([...eventNames].sort());
  });

  it('keeps silent where its table says so', () => {
    const quiet: Dialect = { name: 'quiet', outbound: { ...native.outbound, 'server.migrate': 'silent' } };
    expect(speak(quiet, 'server.migrate', { afterMs: 1 })).toBeUndefined();
  });
});

describe('the native dialect', () => {
  it('says every event under its own name, with its payload untouched', () => {
    const payload = { afterMs: 250 };
    expect(speak(native, 'server.migrate', payload)).toEqual(['server.migrate', payload]);
    expect(speak(native, 'server.migrate', payload)?.[1]).toBe(payload);
  });
});
