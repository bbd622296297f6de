import { asSeenByStaff, asSeenByUser } from '@parley/core';
import type { Said } from './repairs.ts';
import { staffRoom } from './rooms.ts';
import type { Event } from './subject.ts';

/** What comes from the log is masked as what is told is: in the room of the staff alone, the author is named. */
export function heardIn(room: string, space: string, said: Said): Event {
  const { name, payload, authorId } = said;
  if (authorId === undefined || !('senderId' in payload)) return { name, payload };
  const written = { message: payload, authorId };
  return { name, payload: room === staffRoom(space) ? asSeenByStaff(written) : asSeenByUser(written) };
}
