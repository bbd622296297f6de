import { inBackground, type Logger } from '@parley/node-kit';
import type { Connection } from './connection.ts';
import { depart } from './departures.ts';

/** As long as in an unhurried drain. */
const graceMs = 5_000;

export type Shedding = {
  /** Sends so many clients elsewhere, those first that were silent for longest. @returns how many go */
  shed: (count: number, perSecond: number) => number;
};

/** Gives connections away that this node has too many of. Who is on the way already is not asked again. */
export function createShedding(connections: ReadonlySet<Connection>, log: Logger): Shedding {
  const going = new WeakSet<Connection>();
  return {
    shed(count, perSecond) {
      const leaving = idlestFirst([...connections].filter((connection) => !going.has(connection))).slice(0, count);
      for (const connection of leaving) going.add(connection);
      const departing = depart(leaving, { pauseMs: 1_000 / perSecond, graceMs, code: 'rebalanced' });
      inBackground(log, 'shed', departing);
      return leaving.length;
    },
  };
}

/** Nobody waits for an answer at the ones that go first, and hardly anybody notices that they went. */
export function idlestFirst<C extends Pick<Connection, 'inFlight' | 'heardAt'>>(connections: readonly C[]): C[] {
  return connections.toSorted((a, b) => Number(a.inFlight > 0) - Number(b.inFlight > 0) || a.heardAt - b.heardAt);
}
