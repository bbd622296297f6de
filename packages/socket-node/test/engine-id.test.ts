import { describe, expect, it } from 'vitest';
import { engineId, slotOf } from '../src/engine-id.ts';

describe('the id of a session', () => {
  it('begins with the slot of its node and has the length of an Engine.IO id', () => {
    expect(engineId('s3')).toMatch(/^s3[\w-]{18}$/);
  });

  it('names the slot under which the load balancer found the node', () => {
    expect(slotOf({ 'x-parley-slot': 't4' }, 's1')).toBe('t4');
  });

  it.each([undefined, '', 's', 's12', 'S1', '../'])('falls back to the configured slot for %o', (named) => {
    expect(slotOf({ 'x-parley-slot': named }, 's1')).toBe('s1');
  });
});
