/** Every number that a scenario may find, its kind, and what it means. */
export const metrics = {
  parley_connected: ['rate', 'Clients that came in, however often they had to try.'],
  parley_connect_ms: [
    'duration',
    'From the first try until everything is level, also of those who were turned away meanwhile: at the beginning, and after each absence.',
  ],
  parley_cut: ['count', 'Connections that ended without being asked to; tries that were turned away are none.'],
  parley_recovery_ms: [
    'duration',
    'From such an end until everything is level again, with the jitter before the next try.',
  ],
  parley_sent: ['count', 'Messages that were due.'],
  parley_acked: ['rate', 'Messages that were stored, of those that were due.'],
  parley_ack_ms: ['duration', 'From when a message was due to its acknowledgement, repetitions included.'],
  parley_delivered: ['count', 'Messages that members heard.'],
  parley_delivery_ms: ['duration', 'From when a message was due to its arrival by push. Sampled.'],
  parley_lost: [
    'count',
    'Acknowledged messages that a member did not have 10 s after the last one, for each such member.',
  ],
  parley_duplicated: ['count', 'Messages that came twice over one connection, or were stored twice.'],
  parley_reordered: [
    'count',
    'Messages that came after a later one of their conversation, or were stored after a later one of their sender.',
  ],
  parley_gap_repaired: ['count', 'Messages that a push left out, and the client fetched.'],
  parley_stale_ms: ['duration', 'How old a message was when it came by repair or after an absence.'],
  parley_judged: [
    'count',
    'Clients that were asked at the end what they lack, and could say it. Fewer than there are: nobody knows about the others.',
  ],
  parley_presence_ms: ['duration', 'From when somebody came or went until another one heard it.'],
  parley_presence_wrong: ['count', 'Beliefs about a member that were not true at the end.'],
} as const satisfies Record<string, readonly ['count' | 'rate' | 'duration', string]>;

export type MetricName = keyof typeof metrics;

/** A count adds up, a rate is of 0 and 1, a duration is in ms. */
export type Measure = (name: MetricName, value: number) => void;
