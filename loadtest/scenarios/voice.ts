import type { Member } from '../lib/oracle.ts';
import { openSession, type Stored } from '../lib/session.ts';
import type { OpenWire } from '../lib/socket.ts';
import { type Dialect, speak } from './dialects.ts';
import type { Contract, Seat } from './plan.ts';

/** One client in the words of one contract. */
export type Voice = {
  /** Until it is stored, however often that takes. `id` is a UUID, the same for each try. */
  send(id: string, body: string, stored: Stored): void;
  /** Types for a moment. */
  type(): void;
  /** Has read all there is. */
  read(): void;
  watch(userIds: readonly string[]): void;
  /** Asks how much it lacks; unknown while it is not connected. `undefined` where the contract has no numbers. */
  audit: ((answered: (behind: number) => void) => void) | undefined;
  leave(forMs: number): void;
  close(): void;
};

export type VoiceHears = {
  level(): void;
  cut(reason: string): void;
  refused(why: string): void;
  /** `atMs` only when it was told, not when it was asked. */
  presence(userId: string, online: boolean, atMs?: number): void;
};

export type Opens = { url: string; open: OpenWire; seat: Seat; member: Member };

type Presences = { presences: { userId: string; status: string }[] };

function native({ url, open, seat: { token, conversationId }, member }: Opens, hears: VoiceHears): Voice {
  const session = openSession(
    { url, open, token, members: new Map([[conversationId, member]]) },
    {
      ...hears,
      event(name, payload, atMs) {
        if (name !== 'presence.changed') return;
        for (const { userId, status } of (payload as Presences).presences) {
          hears.presence(userId, status !== 'offline', atMs);
        }
      },
    },
  );
  return {
    ...session,
    send: (id, body, stored) => session.send(conversationId, id, body, stored),
    type: () => session.ask('typing.start', { conversationId }),
    read: () => session.ask('receipt.read', { conversationId, seq: member.cursor }),
    watch: (userIds) =>
      session.ask('presence.watch', { userIds }, (answer) => {
        for (const { userId, status } of (answer as Partial<Presences>).presences ?? []) {
          hears.presence(userId, status !== 'offline');
        }
      }),
  };
}

const dialect =
  (name: Dialect) =>
  (opens: Opens, hears: VoiceHears): Voice =>
    speak(name, opens, hears);

export const voices: Record<Contract, (opens: Opens, hears: VoiceHears) => Voice> = {
  native,
  'alien-fit': dialect('alien-fit'),
  'trainer-chat': dialect('trainer-chat'),
  'tutor-go': dialect('tutor-go'),
  'direct-chat': dialect('direct-chat'),
  'precious-jewellery': dialect('precious-jewellery'),
};
