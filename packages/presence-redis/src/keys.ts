import type { Typist } from '@parley/core';

/** The names of one shard in Redis. All carry one hash tag, so that a script on a Redis Cluster finds them in one slot. */
export type ShardKeys = {
  /** In the order in which every script takes them; see `lua/shard.lua`. */
  shared: readonly [
    meta: string,
    leases: string,
    retired: string,
    members: string,
    closing: string,
    lost: string,
    channel: string,
  ];
  channel: string;
  /** The connections that one node holds. */
  held(node: string): string;
};

export const keyPrefixDefault = 'parley:presence';

/** That somebody types; it expires by itself. */
export const typingKey = (prefix: string, { space, no, memberId }: Typist) =>
  `${prefix}:typing:${space}:${no}:${memberId}`;

/** The only place that names keys. Every key expires by itself when no node renewed anything for `keepMs`. */
export function shardKeys(prefix: string, shard: number): ShardKeys {
  const key = (name: string) => `{${prefix}:${shard}}:${name}`;
  const channel = key('transitions');
  return {
    shared: [key('meta'), key('leases'), key('retired'), key('members'), key('closing'), key('lost'), channel],
    channel,
    held: (node) => key(`held:${node}`),
  };
}
