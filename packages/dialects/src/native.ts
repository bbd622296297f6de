import { type EventName, eventNames, events, type Payload } from '@parley/protocol';
import type { Dialect, Spoken } from './dialect.ts';

const itself =
  <N extends EventName>(name: N) =>
  (payload: Payload<N>): readonly Spoken[] => [[name, payload]];

/** The canonical protocol, spoken as it is. */
export const native = {
  name: 'native',
  hears: [],
  describes: false,
  tokenInQuery: false,
  watches: 'nobody',
  opening: [],
  inbound: 'commands',
  outbound: {
    'session.ready': itself('session.ready'),
    'message.created': itself('message.created'),
    'message.edited': itself('message.edited'),
    'message.deleted': itself('message.deleted'),
    'reaction.changed': itself('reaction.changed'),
    'receipt.advanced': itself('receipt.advanced'),
    'conversation.changed': itself('conversation.changed'),
    'typing.changed': itself('typing.changed'),
    'viewing.changed': itself('viewing.changed'),
    'notification.raised': itself('notification.raised'),
    'presence.changed': itself('presence.changed'),
    heads: itself('heads'),
    'server.migrate': itself('server.migrate'),
    'session.closing': itself('session.closing'),
  },
  summaries: {
    takes: {},
    says: Object.fromEntries(eventNames.map((name) => [name, events[name].summary])),
    routes: {},
  },
  routes: [],
  fields: {},
  refusals: {
    event: () => [],
    body: (error) => ({ error }),
  },
} as const satisfies Dialect;
