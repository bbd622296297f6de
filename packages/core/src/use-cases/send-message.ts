import { conversationId, limits, parseConversationId } from '@parley/protocol';
import { Failure } from '../failure.ts';
import { conversationNo, messageKey } from '../rules/ids.ts';
import { isStaff } from '../rules/staff.ts';
import { membersChanged, messageCreated, newPeers } from '../rules/tellings.ts';
import type { Caller } from '../caller.ts';
import type { Parts } from '../parts.ts';
import { authorOf, onlyAdmins, writerIn } from './acting.ts';
import { mustAskFirst, permitFor } from './permit-for.ts';
import { supportThread, threadOf } from './support-thread.ts';
import type { UseCase } from './use-case.ts';

/**
 * Nothing is awaited before `append` when the conversation is named: the sends of one connection enter the store in
 * the order of their arrival.
 */
export const sendMessage: UseCase<'message.send'> = async (parts, caller, input) => {
  const { clientId, body, attachments, attachmentIds, kind = 'text', peerId, replyTo } = input;
  if (body === '' && (kind === 'text' || !(attachments ?? attachmentIds))) throw empty();
  if (kind === 'system') throw new Failure('forbidden', 'Only the server writes system messages.');
  if ((input.conversationId === undefined) === (peerId === undefined)) {
    throw new Failure('invalid', 'Name either the conversation or the peer.');
  }
  const no = peerId === undefined ? conversationNo(input.conversationId ?? '') : await peerNo(parts, caller, peerId);
  const replyToSeq = replyTo === undefined ? undefined : seqWithin(no, replyTo);

  const { space, hops } = caller;
  const permission = permitFor(parts, caller, { no });
  const permit = typeof permission === 'string' ? permission : await permission;
  const files = attachmentIds && (await filesOf(parts, caller, attachmentIds, attachments?.length ?? 0));
  const writer = writerIn(parts, caller, no);
  const senderId = typeof writer === 'string' ? writer : await writer;
  const authorId = authorOf(caller, senderId);
  const appended = await parts.messages
    .append({ space, senderId, authorId, no, clientId, kind, body, attachments, files, replyToSeq, permit, hops })
    .catch((error: unknown) => explain(error, parts, space, no));
  parts.typing.end({ space, no, memberId: senderId });
  // A duplicate was told by whoever stored it; if they died before they could, the tail tells it.
  if (!appended.duplicate) {
    for (const telling of messageCreated(appended)) parts.fanout.tell(hops ? { ...telling, hops } : telling);
  }

  const { message, duplicate, epoch } = appended;
  const { id, seq, createdAt } = message;
  return { id, conversationId: conversationId(no), seq, createdAt, epoch, duplicate };
};

/**
 * Whether a send has to find something before it is stored: its conversation by the peer, what kind that is, its files,
 * or what the host says of the two. Those that come after it have to wait, so that they do not overtake it.
 */
export function mustFindFirst(parts: Parts, caller: Caller, input: object): boolean {
  const { directory } = parts;
  const { space, role } = caller;
  if ('peerId' in input || 'attachmentIds' in input) return true;
  if (!('conversationId' in input) || typeof input.conversationId !== 'string') return false;
  if (mustAskFirst(parts, caller, input.conversationId)) return true;
  if (!isStaff(role)) return false;
  const no = parseConversationId(input.conversationId);
  return no !== undefined && directory.kindOf(space, no) instanceof Promise;
}

/** Everybody reads announcements, so that nobody has to be told that there are none. */
async function explain(error: unknown, { directory }: Parts, space: string, no: number): Promise<never> {
  if (!(error instanceof Failure) || error.code !== 'not_found') throw error;
  throw (await directory.kindOf(space, no)) === 'announcement' ? onlyAdmins() : error;
}

async function peerNo(parts: Parts, caller: Caller, peerId: string): Promise<number> {
  const threadOwner = threadOf(parts, caller, peerId);
  if (threadOwner !== undefined) return supportThread(parts, caller, threadOwner);
  const { space, userId } = caller;
  // Opening what is there costs a round trip and a transaction, as much as storing the message (direct-chat sends so).
  const known = parts.directory.knownBetween(space, userId, peerId);
  if (known !== undefined) return known;
  const permit = await permitFor(parts, caller, { peerId });
  const { conversation, created } = await parts.conversations.openDirect(space, userId, peerId, permit);
  if (created)
    for (const telling of membersChanged({ conversation, members: newPeers(conversation) })) parts.fanout.tell(telling);
  return conversation.no;
}

/** What the sender uploaded, in their order. Whether another message carries one is decided where it is stored. */
async function filesOf({ uploads }: Parts, { space, userId }: Caller, given: readonly string[], others: number) {
  if (given.length + others > limits.attachmentsMax) {
    const details = [{ path: '/attachmentIds', message: `attachmentsMax is ${limits.attachmentsMax}` }];
    throw new Failure('limit_reached', 'A message does not carry so many attachments.', { details });
  }
  const files = await uploads.owned(
    space,
    userId,
    given.map((id) => id.toLowerCase()),
  );
  if (files.length < given.length) throw new Failure('not_found', 'You have no such file.', { details: noSuchFile });
  return files;
}

const noSuchFile = [{ path: '/attachmentIds', message: 'No such file of yours.' }];

const empty = () =>
  new Failure('invalid', 'A message says something, or is an `image` or `file` with an attachment.', {
    details: [{ path: '/body', message: 'must have at least 1 character' }],
  });

function seqWithin(no: number, messageId: string): number {
  const key = messageKey(messageId);
  if (key.no !== no) throw new Failure('not_found', 'The message that is answered is not in this conversation.');
  return key.seq;
}
