import slotOf from 'cluster-key-slot';
import type { Cluster, Redis } from 'ioredis';
import { createSubscriber, type Subscriber, type SubscriberParts } from './subscriber.ts';

/**
 * What is heard of a Redis Cluster: one plain connection to each primary, and each channel at the primary that has its
 * slot. The sharded subscribers of ioredis 6 are not used: after a primary had failed over to its replica they heard
 * nothing of any slot any more, for as long as one looked (a minute), and meanwhile connected 30 times a second.
 * @param cluster knows which primary has which slot, and finds out when that changes
 * @param connect to the server at `host:port`
 */
export function createClusterSubscriber(
  cluster: Cluster,
  connect: (place: string) => Redis,
  { onUp, ...parts }: SubscriberParts,
): Subscriber {
  const primaries = new Map<string, Subscriber>();
  /** Where each wanted channel is subscribed; `undefined` until the cluster is known. */
  const places = new Map<string, string | undefined>();
  const placeOf = (channel: string): string | undefined => cluster.slots[slotOf(channel)]?.[0];
  const at = (channel: string): Subscriber | undefined => primaries.get(places.get(channel) ?? '');
  const isUp = () => primaries.size > 0 && [...primaries.values()].every((primary) => primary.isUp());

  function primaryAt(place: string): Subscriber {
    const known = primaries.get(place);
    if (known) return known;
    // A command takes channels of one slot only, so each goes alone.
    const primary = createSubscriber(connect(place), { ...parts, onUp: () => onUp(isUp()) }, 1);
    primaries.set(place, primary);
    return primary;
  }

  /** Slots have moved, or a replica has become a primary: what moved with them is asked for there. */
  function follow(): void {
    for (const [channel, before] of places) {
      const place = placeOf(channel);
      if (place === before || place === undefined) continue;
      at(channel)?.unwant(channel);
      places.set(channel, place);
      // Whatever was published to it on the way was not heard.
      primaryAt(place).want(channel, true);
    }
    const inUse = new Set(cluster.slots.flatMap((place) => place?.[0] ?? []));
    for (const [place, primary] of primaries) {
      if (inUse.has(place)) continue;
      primaries.delete(place);
      primary.close();
    }
    onUp(isUp());
  }
  cluster.on('refresh', follow);

  return {
    want(channel, gap) {
      const place = placeOf(channel);
      places.set(channel, place);
      if (place !== undefined) primaryAt(place).want(channel, gap);
    },
    unwant(channel) {
      at(channel)?.unwant(channel);
      places.delete(channel);
    },
    isConfirmed: (channel) => at(channel)?.isConfirmed(channel) === true,
    async confirmed(channels, withinMs) {
      const answers = [...Map.groupBy(channels, at)].map(
        ([primary, its]) => primary?.confirmed(its, withinMs) ?? Promise.resolve(false),
      );
      return (await Promise.all(answers)).every(Boolean);
    },
    isUp,
    renew() {
      for (const primary of primaries.values()) primary.renew();
    },
    close() {
      cluster.off('refresh', follow);
      for (const primary of primaries.values()) primary.close();
    },
  };
}
