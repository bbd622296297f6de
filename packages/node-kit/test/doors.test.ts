import { createDoors, developmentSpace, doorOf } from '@parley/node-kit';
import { describe, expect, it } from 'vitest';

const spaces = new Map([['main', developmentSpace('main')]]);
const refusals = { counted: () => undefined };
const log = { error: () => undefined };

describe('the door of a space', () => {
  it('is found by the header of the load balancer', () => {
    const doors = createDoors(spaces, refusals, log, false);
    expect(doorOf(doors, { 'x-parley-space': 'main' })?.space.name).toBe('main');
    expect(doorOf(doors, { 'x-parley-space': 'other' })).toBeUndefined();
    expect(doorOf(doors, {})).toBeUndefined();
  });

  it('where TLS is required is found by https only', () => {
    const doors = createDoors(spaces, refusals, log, true);
    const found = (proto: object) => doorOf(doors, { 'x-parley-space': 'main', ...proto }) !== undefined;
    expect(found({ 'x-forwarded-proto': 'https' })).toBe(true);
    expect(found({ 'x-forwarded-proto': 'http' })).toBe(false);
    expect(found({ 'x-forwarded-proto': 'http, https' })).toBe(false);
    expect(found({})).toBe(false);
  });
});
