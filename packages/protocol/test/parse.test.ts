import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CommandName,
  commandNames,
  commands,
  conversationId,
  type Input,
  limits,
  messageId,
  nestingProblem,
  parseCommand,
  patternWords,
} from '../src/index.ts';

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
    const details = [{ path: '/body/value/0/value/0/value/0/value', message: 'is nested deeper than 8 levels' }];
    expect(parsed).toMatchObject({ ok: false, error: { code: 'invalid', details } });
  });

  it('refuses binary where text belongs', () => {
    expect(send(Buffer.from('Hello')).ok).toBe(false);
    expect(parseCommand('message.send', Buffer.alloc(1_000)).ok).toBe(false);
  });
});

describe('an attachment', () => {
  const attach = (...attachments: unknown[]) => send('', { kind: 'file', attachments }).ok;
  const url = 'https://files.example/a.png';

  it.each([
    'https://example.com',
    'http://127.0.0.1:8080/a?b=c#d',
    'HTTPS://files.example/%22',
    'https://é.example/漢',
  ])('may be at %s', (at) => expect(attach({ url: at })).toBe(true));

  it.each([
    'javascript:alert(1)',
    ' https://files.example',
    'data:text/html,hi',
    'file:///etc/passwd',
    '//files.example',
    'https:files.example',
    'https://',
    'https://files.example/"onload="x',
    'https://files.example/<script>',
    'https://files.example/\na',
    'https://files.example/\ud800',
    'ftp://files.example',
  ])('is never at %j', (at) => expect(attach({ url: at })).toBe(false));

  it('has a URL, and a name, type and length that can be believed to be some', () => {
    expect(attach({ url, name: 'a "b".png', type: 'image/svg+xml', bytes: 0 })).toBe(true);
    for (const wrong of [
      { name: '' },
      { name: 'a\nb' },
      { type: 'png' },
      { type: 'text/html; x' },
      { bytes: -1 },
      { bytes: 1e300 },
      { by: 1 },
    ])
      expect(attach({ url, ...wrong })).toBe(false);
    expect(attach({ name: 'a' })).toBe(false);
    expect(attach(url)).toBe(false);
  });

  it('is one of at most so many, with at most so long a URL', () => {
    const { attachmentsMax, urlCharsMax } = limits;
    const some = (n: number) => Array.from({ length: n }, () => ({ url }));
    expect([attach(...some(attachmentsMax)), attach(...some(attachmentsMax + 1)), attach()]).toEqual([
      true,
      false,
      false,
    ]);
    const long = (n: number) => ({ url: 'https://'.padEnd(n, 'x') });
    expect([attach(long(urlCharsMax)), attach(long(urlCharsMax + 1))]).toEqual([true, false]);
  });
});

describe('the words of a refusal', () => {
  const first = 'conversationId';
  it.each<[string, CommandName, unknown, { path: string; message: string }[]]>([
    ['no payload', 'message.send', undefined, [{ path: '/', message: 'must be an object' }]],
    ['a field that is missing', 'message.send', {}, [{ path: '/body', message: 'is missing' }]],
    ['a field that nobody named', 'message.send', { body: 'x', admin: 1 }, [said('/admin', 'is an unknown field')]],
    ['a key __proto__', 'message.send', JSON.parse('{"__proto__":1}'), [said('/__proto__', 'is an unknown field')]],
    ['another type', 'message.send', { body: 7 }, [said('/body', 'must be a text')]],
    [
      'an empty text',
      'message.edit',
      { messageId: messageId(7, 1), body: '' },
      [{ path: '/body', message: 'must have at least 1 character' }],
    ],
    [
      'a long text',
      'message.send',
      { body: 'x'.repeat(limits.bodyCharsMax + 1) },
      [said('/body', 'must have at most 8,000 characters')],
    ],
    [
      'the character U+0000',
      'message.send',
      { body: '\0' },
      [said('/body', 'must not contain U+0000 or half of a surrogate pair')],
    ],
    ['no UUID', 'message.send', { body: 'x', clientId: '1' }, [said('/clientId', 'must be a UUID')]],
    [
      'no choice',
      'message.send',
      { body: 'x', kind: 'x' },
      [said('/kind', 'must be one of "text", "image", "file", "system"')],
    ],
    ['a broken number', 'history.page', { [first]: id, limit: 1.5 }, [said('/limit', 'must be a whole number')]],
    ['a small number', 'history.page', { [first]: id, limit: 0 }, [said('/limit', 'must be at least 1')]],
    ['a large number', 'history.page', { [first]: id, limit: 201 }, [said('/limit', 'must be at most 200')]],
    [
      'a number that no integer reaches',
      'audit.list',
      { before: 2 ** 53 },
      [said('/before', 'must be at most 9,007,199,254,740,991')],
    ],
    ['a name twice', 'presence.watch', { userIds: ['a', 'a'] }, [said('/userIds', 'must not name anything twice')]],
    ['an empty list', 'presence.watch', { userIds: [] }, [said('/userIds', 'must have at least 1 item')]],
    [
      'several, also inside a list',
      'sync',
      { epoch: '', conversations: [{ id: 'x', seq: 0 }] },
      [
        said('/epoch', 'must have at least 1 character'),
        said('/conversations/0/rev', 'is missing'),
        said('/conversations/0/id', "must be a conversation's id, as an answer or event gave it"),
      ],
    ],
  ])('name the place and say what it must be: %s', (_, name, input, details) => {
    const parsed = parseCommand(name, input);
    expect(parsed).toMatchObject({ ok: false, error: { code: 'invalid', details } });
  });

  it('begin with the first place in the message itself', () => {
    expect(send(7)).toMatchObject({
      error: { message: 'The payload does not match its schema: /body must be a text.' },
    });
  });

  it('never hold a regular expression: every pattern of a command has words of its own', () => {
    const patterns = [...JSON.stringify(commands).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)];
    const wordless = patterns
      .map(([, text = '']): string => JSON.parse(text))
      .filter((text) => !patternWords.has(text));
    expect(patterns.length).toBeGreaterThan(10);
    expect(wordless).toEqual([]);
  });
});

function said(path: string, message: string): { path: string; message: string } {
  return { path, message };
}

describe('the depth of a payload', () => {
  it('counts objects and arrays, at the limit and one past it', () => {
    for (const max of [0, 1, 4, 8]) {
      expect(nestingProblem(nested(max), max)).toBeUndefined();
      expect(nestingProblem(nested(max + 1), max)?.message).toBe(`is nested deeper than ${max} levels`);
    }
  });

  it('is found out without following it down', () => {
    const deep: unknown = JSON.parse('['.repeat(20_000) + ']'.repeat(20_000));
    expect(nestingProblem(deep, limits.jsonDepthMax)?.path).toBe('/0'.repeat(limits.jsonDepthMax));
  });
});

describe('a body', () => {
  it('has at most 8,000 characters, and an astral one counts once', () => {
    expect(send('').ok).toBe(true);
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
