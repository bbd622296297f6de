import { type Caller, isStaff, type Parts, refusalOf, run } from '@parley/core';
import { bystander, speak, type Spoken, withImported } from '@parley/dialects';
import { inBackground, type Logger, type Tracing } from '@parley/node-kit';
import {
  type ClosingCode,
  type Conversation,
  conversationId,
  type EventName,
  limits,
  nothingMore,
  parseConversationId,
  type Payload,
  staffId,
} from '@parley/protocol';
import type { SocketFanout } from '@parley/fanout-socketio';
import { endSession } from '@parley/fanout-socketio';
import type { Socket } from 'socket.io';
import { createAttendance } from './attendance.ts';
import { createAcquaintances } from './acquaintances.ts';
import type { Entered } from './handshake.ts';
import { deskOf, hearCommands, hearTable } from './hearing.ts';
import { createInbound } from './inbound.ts';
import type { Linked } from './linked.ts';
import type { CommandMetrics, DialectMetrics, SessionMetrics } from './metrics.ts';
import type { Notifications } from './notifications.ts';
import { createOpening } from './opening.ts';
import { createPerformer } from './performer.ts';
import { createSession, type LiveSession } from './session.ts';
import { createViewed } from './viewed.ts';
import type { Watched } from './watched.ts';

export type ConnectionParts = {
  nodeId: string;
  parts: Parts;
  fanout: SocketFanout;
  watched: Watched;
  linked: Linked;
  notifications: Notifications;
  tracing?: Tracing | undefined;
  metrics: { commands: CommandMetrics; dialects: (dialect: string) => DialectMetrics; sessions: SessionMetrics };
  log: Logger;
};

export type Connection = {
  readonly session: LiveSession;
  readonly socket: Socket;
  readonly inFlight: number;
  /** Its client said that it connects elsewhere by itself when it is told to. */
  readonly migrates: boolean;
  /** When its client last sent a frame, on `performance.now()`. */
  readonly heardAt: number;
  /** Tells this session alone, in its dialect. @returns whether the dialect has words for it */
  say: <N extends EventName>(name: N, payload: Payload<N>) => boolean;
  end: (code: ClosingCode) => void;
};

/**
 * The life of one session, from the accepted handshake to the last frame. What the client sends is heard from the
 * first moment (clients emit right after `connect`) and answered once `session.ready` has left.
 */
export function openConnection(
  socket: Socket,
  entered: Entered,
  around: ConnectionParts,
  opened: () => void,
): Connection {
  const { parts, watched, metrics, log } = around;
  const { dialect } = entered;
  const { space, userId, role } = entered.caller;
  const sayAll = (all: readonly Spoken[]) => {
    for (const spoken of all) socket.emit(...spoken);
  };
  const say = <N extends EventName>(name: N, payload: Payload<N>) => {
    const spoken = speak(dialect, name, payload, nothingMore, { ...bystander, role });
    sayAll(spoken);
    return spoken.length > 0;
  };
  const end = (code: ClosingCode) => {
    metrics.sessions.ended.inc({ code });
    endSession(socket, code);
  };
  const watcher = watched.watcher(space, (presences) =>
    acquaintances ? acquaintances.changed(presences) : say('presence.changed', { presences }),
  );
  const viewed = createViewed((no, looks) => around.fanout.look(socket, no, looks));
  const session = createSession(entered, { watcher, viewed, users: parts.users, end });
  const opening = createOpening(socket, around.fanout, log);
  const caller = { ...entered.caller, session };
  const performer = createPerformer(caller, {
    parts,
    connectionId: socket.id,
    limiter: entered.door.limiter,
    metrics: metrics.commands,
    tracing: around.tracing,
    log,
    onAnswered: (name, input) => opening.answered(name, input),
  });
  const me = { userId, role, connectionId: socket.id };
  const people = (userIds: readonly string[]) => parts.directory.people(space, userIds);
  const desk = withImported(dialect, deskOf(performer, { fields: dialect.fields, me, people }), {
    space,
    ids: parts.importedIds,
  });
  const acquaintances =
    dialect.watches === 'nobody'
      ? undefined
      : createAcquaintances(parts, caller, (presences) => say('presence.changed', { presences }), log);
  const unlink = acquaintances && around.linked.listen(space, userId, acquaintances);
  const notified = entered.notifications
    ? around.notifications.begin(entered.caller, (notification) => say('notification.raised', notification))
    : undefined;
  const onHeard = (no: number, kind: string) => {
    acquaintances?.heard(no);
    if (kind === 'seq') notified?.heard(no);
  };
  if (dialect.watches === 'everybody') watcher.meet(userId);
  const hear =
    dialect.inbound === 'commands'
      ? hearCommands(performer, () => metrics.commands.unknown())
      : hearTable(dialect, desk, sayAll, metrics.dialects(dialect.name));
  const inbound = createInbound(hear, () => end('flooding'));
  const transport = socket.conn.transport.name;
  const startedAt = performance.now();
  let heardAt = startedAt;

  socket.onAny((name: string, ...args: unknown[]) => {
    heardAt = performance.now();
    inbound.take(name, args);
  });
  const present = isStaff(role) ? [userId, staffId] : [userId];
  const attendance = createAttendance({
    come: () => present.forEach((each) => parts.presence.connect(space, each, socket.id)),
    go: () => present.forEach((each) => parts.presence.disconnect(space, each, socket.id)),
    timeoutMs: dialect.heartbeat?.timeoutMs,
  });
  if (dialect.heartbeat) socket.on(dialect.heartbeat.event, attendance.beat);
  socket.on('disconnect', (reason) => {
    inBackground(log, 'viewing.stop', stopViewing(parts, caller, viewed.all()));
    session.close();
    notified?.end();
    unlink?.();
    attendance.end();
    metrics.sessions.connections.dec({ transport, dialect: dialect.name });
    metrics.sessions.closed.inc({ reason });
  });
  metrics.sessions.connections.inc({ transport, dialect: dialect.name });

  const becomeReady = async () => {
    const ready = await join(socket, entered, around, acquaintances || notified ? onHeard : undefined);
    if (!socket.connected) return;
    opening.began(
      ready.conversations.map(({ id }) => id),
      ready.next === undefined,
    );
    say('session.ready', ready);
    for (const step of dialect.opening) sayAll(await step.run(undefined, desk));
    if (acquaintances) inBackground(log, 'presence.watch', acquaintances.began(ready.conversations));
    opened();
    metrics.sessions.ready.observe((performance.now() - startedAt) / 1000);
    inbound.open();
  };
  // Without its inbox a session is of no use: the client comes back, and finds the store again or another node.
  const giveUp = (error: unknown) => {
    const { code } = refusalOf(error);
    log.warn({ err: error, code, space, userId, connectionId: socket.id }, 'a session could not become ready');
    socket.conn.close();
  };
  inBackground(log, 'session.ready', becomeReady().catch(giveUp));

  return {
    session,
    socket,
    say,
    end,
    migrates: entered.migrates,
    get inFlight() {
      return performer.inFlight;
    },
    get heardAt() {
      return heardAt;
    },
  };
}

/**
 * Joins first and reads the heads afterwards: what is told in between is heard, what was told before is in the heads.
 * The inbox comes before the list, so that a direct conversation cannot fall between the two; a group is joined once it
 * is known, and all is read again if one of them moved meanwhile.
 */
async function join(
  socket: Socket,
  entered: Entered,
  around: ConnectionParts,
  onHeard: ((no: number, kind: string) => void) | undefined,
): Promise<Payload<'session.ready'>> {
  const { parts, fanout, nodeId } = around;
  const { caller, door, expiresAt } = entered;
  const { space, userId, role } = caller;
  const member = { space, userId, role, dialect: entered.dialect.name };
  const page = { after: undefined, limit: limits.headsMax };

  await fanout.enter(socket, member, []);
  if (onHeard) fanout.onHeard(socket, onHeard);
  const first = await parts.conversations.list(space, userId, page);
  const groups = first.conversations.filter(({ kind, untilSeq }) => kind === 'group' && untilSeq === undefined);
  if (groups.length > 0) await fanout.enter(socket, member, numbersOf(groups));
  const isStill = groups.length === 0 || (await fanout.areStill(socket, groups));
  const inbox = isStill ? first : await parts.conversations.list(space, userId, page);
  fanout.seed(socket, inbox.conversations);
  if (isStaff(role)) fanout.seedStaff(socket, (await parts.conversations.list(space, staffId, page)).conversations);

  const { conversations, next, unreadTotal, epoch } = inbox;
  return {
    userId,
    role,
    space: door.space.name,
    nodeId,
    epoch,
    ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
    limits,
    conversations,
    ...(next !== undefined && { next }),
    unreadTotal,
  };
}

/** Whoever leaves looks at nothing any more. What cannot be told is not: it is a hint. */
async function stopViewing(parts: Parts, caller: Caller, nos: readonly number[]): Promise<void> {
  for (const no of nos) await run(parts, caller, 'viewing.stop', { conversationId: conversationId(no) });
}

function numbersOf(conversations: readonly Conversation[]): number[] {
  return conversations.flatMap(({ id }) => parseConversationId(id) ?? []);
}
