import type { TSchema } from 'typebox';
import { describe, expect, it } from 'vitest';
import { dialects } from '../src/index.ts';

type Field = { type?: string; minimum?: number; maximum?: number };

const fieldsIn = ({ properties = {} }: TSchema & { properties?: Record<string, Field> }) => Object.entries(properties);

describe('what a contract takes', () => {
  it('bounds every number on both sides, within what JSON carries exactly', () => {
    const fields = Object.values(dialects).flatMap(({ name, inbound, routes }) =>
      [...(inbound === 'commands' ? [] : Object.values(inbound).flat()), ...routes.map(({ step }) => step)]
        .flatMap(({ takes }) => fieldsIn(takes))
        .map(([field, schema]) => ({ at: `${name}: ${field}`, ...schema })),
    );
    const numbers = fields.filter(({ type }) => type === 'integer' || type === 'number');
    expect(numbers.length).toBeGreaterThan(20);
    for (const { at, minimum = -Infinity, maximum = Infinity } of numbers) {
      expect([minimum, maximum].every(Number.isSafeInteger), at).toBe(true);
    }
  });
});
