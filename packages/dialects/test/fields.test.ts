import { parseCommand, type Refusal, stranger } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { chatId } from '../transcripts/canonical.ts';
import { type Desk, dialects, Refused, type Step } from '../src/index.ts';

const long = 'x'.repeat(9_000);

/** What the first command refuses that somebody's words stand for: what its schema does not take, or something of its own. */
async function refusalOf(name: string, place: string, given: object, own?: Refusal): Promise<unknown> {
  const dialect = dialects[name] ?? expect.fail(name);
  const inbound = dialect.inbound === 'commands' ? {} : dialect.inbound;
  const route = dialect.routes.find(({ method, path }) => `${method} ${path}` === place);
  const step: Step<unknown> = route?.step ?? inbound[place]?.[0] ?? expect.fail(place);
  const desk: Desk = {
    fields: dialect.fields,
    me: { userId: '7', role: 'user' },
    people: async (userIds) => userIds.map(stranger),
    now: () => new Date(0),
    ask: (command) => async (input) => {
      const parsed = parseCommand(command, input);
      throw new Refused(parsed.ok ? (own ?? expect.fail('it was taken')) : parsed.error);
    },
  };
  return step.run(given, desk).then(
    () => expect.fail('it was answered'),
    (error: unknown) => (error instanceof Refused ? error.refusal : error),
  );
}

const problem = (path: string, message: string) => ({
  code: 'invalid',
  message: `The payload does not match its schema: ${path} ${message}.`,
  details: [{ path, message }],
});
const tooLong = 'must have at most 8,000 characters';
const noText = 'must not contain U+0000 or half of a surrogate pair';
const noUrl = expect.stringContaining('must be a URL');

describe('what is refused names the fields of the contract', () => {
  it.each<[string, string, object, object]>([
    ['direct-chat', 'send_message', { receiverId: 8, content: '\u0000' }, problem('/content', noText)],
    [
      'direct-chat',
      'POST /api/chat/send',
      { receiverId: 8, content: 'x', attachmentUrl: 'ftp://a' },
      { details: [{ path: '/attachmentUrl', message: noUrl }] },
    ],
    ['tutor-go', 'send-message', { receiverId: 'b', message: long }, problem('/message', tooLong)],
    ['alien-fit', 'chat:send', { content: long }, problem('/content', tooLong)],
    ['precious-jewellery', 'send_message', { receiverId: 'b', message: long }, problem('/message', tooLong)],
    ['trainer-chat', 'sendMessage', { receiverId: 'b', content: long }, problem('/content', tooLong)],
    [
      'trainer-chat',
      'sendMessage',
      { receiverId: 'b', content: 'x', fileUrl: 'ftp://a' },
      { details: [{ path: '/fileUrl', message: noUrl }] },
    ],
  ])('in %s, of %s', async (name, place, given, refusal) => {
    expect(await refusalOf(name, place, given)).toMatchObject(refusal);
  });

  const oneself: Refusal = {
    code: 'invalid',
    message: 'The payload does not match its schema; `details` names the places.',
    details: [{ path: '/peerId', message: 'This is yourself.' }],
  };
  it.each<[string, string, object, object]>([
    ['direct-chat', 'send_message', { receiverId: 7, content: 'x' }, { details: [{ path: '/receiverId' }] }],
    ['tutor-go', 'send-message', { conversationId: '7_8', message: 'x' }, { details: [{ path: '/conversationId' }] }],
    ['trainer-chat', 'sendMessage', { conversationId: chatId, content: 'x' }, { details: [{ path: '/receiverId' }] }],
    ['precious-jewellery', 'typing_start', { receiverId: '7' }, { details: [{ path: '/receiverId' }] }],
    ['trainer-chat', 'POST /chat/conversations', { userId: '8' }, { details: [{ path: '/userId' }] }],
  ])('also where its schema took it, and says what is wrong: in %s, of %s', async (name, place, given, refusal) => {
    expect(await refusalOf(name, place, given, oneself)).toMatchObject({ message: 'This is yourself.', ...refusal });
  });

  it('or none, where the client gave nothing of the kind', async () => {
    const refusal = await refusalOf('direct-chat', 'mark_as_read', { conversationId: 2 ** 30 + 1 }, oneself);
    expect(refusal).toEqual({ code: 'invalid', message: 'This is yourself.' });
  });
});

describe('an id that is no integer of direct-chat', () => {
  const range = 'must be a whole number from 1 to 9007199254740991';
  it.each([
    ['9007199254740992', range],
    ['9007199254741000', range],
    ['10000000000000000', range],
    ['0', range],
    ['-1', range],
    ['1.5', range],
    ['7x', range],
    [0, 'must be at least 1'],
    [-1, 'must be at least 1'],
    [2 ** 53, 'must be at most 9,007,199,254,740,991'],
    [1.5, 'must be a whole number'],
  ])('is told what it must be: %j', async (conversationId, words) => {
    expect(await refusalOf('direct-chat', 'mark_as_read', { conversationId })).toEqual(
      problem('/conversationId', words),
    );
  });

  it.each(['1', '999999999999999', '4503599627370497', '9007199254740991', '8999999999999999'])(
    'which %s is not',
    async (messageId) => {
      const gone: Refusal = { code: 'not_found', message: 'There is no such message.' };
      const refusal = await refusalOf('direct-chat', 'DELETE /api/chat/messages/:messageId', { messageId }, gone);
      expect(refusal).not.toMatchObject({ message: expect.stringContaining(range) });
    },
  );
});
