import { type ConversationKind, staffId } from '@parley/protocol';
import type { Caller } from '../caller.ts';
import { Failure } from '../failure.ts';
import type { Parts } from '../parts.ts';
import type { Actor } from '../ports/moderation.ts';
import { isStaff } from '../rules/staff.ts';

type Around = Pick<Parts, 'directory'>;
type Kind = ConversationKind | undefined;

/**
 * As which member a caller reads a conversation: the staff are `agents` in every support thread, everybody else is
 * themselves. Answers at once for users, and for the staff where this node has met the conversation.
 */
export function readerIn(parts: Around, caller: Caller, no: number): string | Promise<string> {
  return byKind(parts, caller, no, (kind) => (kind === 'support' ? staffId : caller.userId));
}

/** As which member a caller writes: announcements are written by admins, as `agents`. @throws Failure `forbidden` */
export function writerIn(parts: Around, caller: Caller, no: number): string | Promise<string> {
  return byKind(parts, caller, no, (kind) => {
    if (kind === 'announcement' && caller.role !== 'admin') throw onlyAdmins();
    return kind === 'support' || kind === 'announcement' ? staffId : caller.userId;
  });
}

/** The same of a caller who changes what was said. @throws Failure `forbidden`, also to users, who see announcements */
export async function changerIn(parts: Around, caller: Caller, no: number): Promise<string> {
  if ((await parts.directory.kindOf(caller.space, no)) === 'announcement' && caller.role !== 'admin')
    throw onlyAdmins();
  return writerIn(parts, caller, no);
}

/** As whom a caller manages a conversation: admins as themselves, since the audit log names them. */
export async function actorIn(parts: Around, caller: Caller, no: number): Promise<Actor> {
  const { space, userId, role } = caller;
  const admin = role === 'admin';
  return { space, userId: admin ? userId : await readerIn(parts, caller, no), admin };
}

/** Who it was, where it is not who says it. */
export function authorOf(caller: Caller, writerId: string): string | undefined {
  return writerId === caller.userId ? undefined : caller.userId;
}

export const onlyAdmins = () => new Failure('forbidden', 'Only admins write announcements.');

function byKind(
  { directory }: Around,
  { space, userId, role }: Caller,
  no: number,
  memberAs: (kind: Kind) => string,
): string | Promise<string> {
  if (!isStaff(role)) return userId;
  const kind = directory.kindOf(space, no);
  return kind instanceof Promise ? kind.then(memberAs) : memberAs(kind);
}
