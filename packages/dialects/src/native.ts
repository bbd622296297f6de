import type { EventName, Payload } from '@parley/protocol';
import type { Dialect } from './dialect.ts';

const itself =
  <N extends EventName>(name: N) =>
  (payload: Payload<N>) =>
    [name, payload] as const;

/** The canonical protocol, spoken as it is. */
export const native = {
  name: 'native',
  outbound: {
    'session.ready': itself('session.ready'),
    'message.created': itself('message.created'),
    'message.edited': itself('message.edited'),
    'message.deleted': itself('message.deleted'),
    'receipt.advanced': itself('receipt.advanced'),
    'conversation.changed': itself('conversation.changed'),
    'typing.changed': itself('typing.changed'),
    'presence.changed': itself('presence.changed'),
    heads: itself('heads'),
    'server.migrate': itself('server.migrate'),
    'session.closing': itself('session.closing'),
  },
} as const satisfies Dialect;
