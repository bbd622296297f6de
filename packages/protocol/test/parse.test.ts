import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandNames, conversationId, depthWithin, type Input, limits, parseCommand } from '../src/index.ts';

const id = conversationId(7);
const send = (body: unknown, rest: object = {}) => parseCommand('message.send', { conversationId: id, body, ...rest });

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { value };
  return value;
}

describe('parsing a command', () => {
  it('lets through what fits its schema, as it is', () => {
    const input: Input<'message.send'> = { conversationId: id, body: 'Hello' };
    expect(parseCommand('message.send', input)).toEqual({ ok: true, value: input });
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...commandNames),
        fc.anything({ withBigInt: true, withDate: true }),
        (name, input) => {
          const parsed = parseCommand(name, input);
          expect(parsed.ok || parsed.error.code === 'invalid').toBe(true);
        },
      ),
    );
  });

  it('names the places that do not fit, at most eight', () => {
    const parsed = parseCommand('presence.watch', { userIds: Array.from({ length: 30 }, (_, i) => i) });
    expect(parsed.ok).toBe(false);
    if (parsed.ok) return;
    expect(parsed.error.details).toHaveLength(8);
    expect(parsed.error.details?.[0]?.path).toBe('/userIds/0');
  });

  it('refuses a property that nobody named', () => {
    expect(send('Hello', { admin: true }).ok).toBe(false);
  });

  it('refuses a key __proto__ on every level', () => {
    expect(
      parseCommand('message.send', JSON.parse(`{"conversationId":"${id}","body":"x","__proto__":{"a":1}}`)).ok,
    ).toBe(false);
    const cursor = `{"id":"${id}","seq":1,"rev":0,"__proto__":{"a":1}}`;
    expect(parseCommand('sync', JSON.parse(`{"epoch":"e","conversations":[${cursor}]}`)).ok).toBe(false);
    expect(Object.hasOwn(Object.prototype, 'a')).toBe(false);
  });

  it('refuses a payload that is nested deeper than the limit, before its schema', () => {
    const parsed = send(nested(limits.jsonDepthMax));
    expect(parsed).toMatchObject({ ok: false, error: { code: 'invalid', details: [] } });
  });

  it('refuses binary where text belongs', () => {
    expect(send(Buffer.from('Hello')).ok).toBe(false);
    expect(parseCommand('message.send', Buffer.alloc(1_000)).ok).toBe(false);
  });
});

describe('the depth of a payload', () => {
  it('counts objects and arrays, at the limit and one past it', () => {
    for (const max of [0, 1, 4, 8]) {
      expect(depthWithin(nested(max), max)).toBe(true);
      expect(depthWithin(nested(max + 1), max)).toBe(false);
    }
  });

  it('is found out without following it down', () => {
    expect(depthWithin(JSON.parse('['.repeat(20_000) + ']'.repeat(20_000)), limits.jsonDepthMax)).toBe(false);
  });
});

describe('a body', () => {
  it('has 1 to 8,000 characters, and an astral one counts once', () => {
    expect(send('').ok).toBe(false);
    expect(send('a').ok).toBe(true);
    expect(send('a'.repeat(limits.bodyCharsMax)).ok).toBe(true);
    expect(send('a'.repeat(limits.bodyCharsMax + 1)).ok).toBe(false);
    expect(send('\u{1F600}'.repeat(limits.bodyCharsMax)).ok).toBe(true);
    expect(send('\u{1F600}'.repeat(limits.bodyCharsMax + 1)).ok).toBe(false);
  });

  it('may be any text that PostgreSQL can store and UTF-8 can carry, and no other', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((n) => String.fromCharCode(n)), minLength: 1 }),
        (text) => {
          expect(send(text).ok).toBe(text.isWellFormed() && !text.includes('\0'));
        },
      ),
    );
  });

  it('keeps line breaks, control characters and every script', () => {
    for (const text of ['a\nb\r\n\tc', '\u0001', 'שלום', '日本語', 'e\u0301', '👩‍👩‍👧‍👦'])
      expect(send(text).ok).toBe(true);
  });
});

describe('limits of commands', () => {
  it('hold at the limit and not one past it', () => {
    const cursors = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ id: conversationId(i + 1), seq: 0, rev: 0 }));
    const users = (count: number) => Array.from({ length: count }, (_, i) => `user-${i}`);
    const fits = (name: 'sync' | 'presence.watch' | 'conversation.create' | 'history.page', input: unknown) =>
      parseCommand(name, input).ok;
    expect(fits('sync', { epoch: 'e', conversations: cursors(limits.headsMax) })).toBe(true);
    expect(fits('sync', { epoch: 'e', conversations: cursors(limits.headsMax + 1) })).toBe(false);
    expect(fits('presence.watch', { userIds: users(limits.watchedUsersMax) })).toBe(true);
    expect(fits('presence.watch', { userIds: users(limits.watchedUsersMax + 1) })).toBe(false);
    expect(fits('conversation.create', { title: 'T', memberIds: users(limits.membersPerCommandMax) })).toBe(true);
    expect(fits('conversation.create', { title: 'T', memberIds: users(limits.membersPerCommandMax + 1) })).toBe(false);
    expect(fits('conversation.create', { title: 'T'.repeat(limits.titleCharsMax + 1), memberIds: [] })).toBe(false);
    expect(fits('history.page', { conversationId: id, limit: limits.pageMax })).toBe(true);
    expect(fits('history.page', { conversationId: id, limit: limits.pageMax + 1 })).toBe(false);
    expect(fits('history.page', { conversationId: id, limit: 0 })).toBe(false);
  });

  it('hold for user ids, which have no control characters', () => {
    const watch = (userId: string) => parseCommand('presence.watch', { userIds: [userId] }).ok;
    expect(watch('u'.repeat(limits.userIdCharsMax))).toBe(true);
    expect(watch('u'.repeat(limits.userIdCharsMax + 1))).toBe(false);
    expect(watch('')).toBe(false);
    expect(watch('a\nb')).toBe(false);
    expect(watch('a\u0000')).toBe(false);
    expect(watch('user:42@example.org/\u{1F600}')).toBe(true);
  });
});
