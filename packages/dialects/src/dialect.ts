import type { EventName, Payload } from '@parley/protocol';

/** What goes over the wire: the name of a Socket.IO event, and its arguments. */
export type Spoken = readonly [name: string, ...args: unknown[]];

/** How one canonical event sounds. A dialect that has no such event says `silent`; a missing line does not compile. */
export type Line<N extends EventName> = ((payload: Payload<N>) => Spoken) | 'silent';

/** A wire contract as a table: data and small pure functions, no I/O, and nothing that knows another dialect. */
export type Dialect = {
  readonly name: string;
  readonly outbound: { readonly [N in EventName]: Line<N> };
};

/** One event in one dialect, or `undefined` where the dialect keeps silent. */
export function speak<N extends EventName>(dialect: Dialect, name: N, payload: Payload<N>): Spoken | undefined {
  const line: Line<N> = dialect.outbound[name];
  return line === 'silent' ? undefined : line(payload);
}
