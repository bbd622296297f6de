/** How long things last, all in milliseconds. Every node of a cluster must use the same. */
export type Durations = {
  /** A node that did not renew for this long is lost. */
  leaseMs: number;
  /** How often a lease is renewed: four tries fit into one lease. */
  renewMs: number;
  /** A clean close makes its user offline after this, unless they came back. */
  graceMs: number;
  /** The same after a node was lost or drained: long enough for a rolling deployment's clients to come back. */
  lostGraceMs: number;
  /** A shard that nobody watched before cannot tell who is missing for this long: every live node has registered by then. */
  youthMs: number;
  /** No single answer of Redis is awaited longer. */
  commandTimeoutMs: number;
  /** Keys of a cluster that stopped vanish after this; one that starts before finds who was last seen when. */
  keepMs: number;
};

const defaults = { leaseMs: 8_000, graceMs: 5_000, lostGraceMs: 15_000, keepMs: 3_600_000 };
const commandTimeoutMsMax = 1_000;
const commandTimeoutMsMin = 250;

/** Youth is a lease and half a lease, 8 s + 4 s by default: what the longest pause between two tries to reconnect needs. */
export function durationsFrom(given: Partial<Durations>): Durations {
  const { leaseMs, graceMs, lostGraceMs, keepMs } = { ...defaults, ...given };
  const renewMs = given.renewMs ?? leaseMs / 4;
  return {
    leaseMs,
    renewMs,
    graceMs,
    lostGraceMs,
    keepMs,
    youthMs: given.youthMs ?? leaseMs * 1.5,
    commandTimeoutMs:
      given.commandTimeoutMs ?? Math.max(commandTimeoutMsMin, Math.min(commandTimeoutMsMax, renewMs / 2)),
  };
}
