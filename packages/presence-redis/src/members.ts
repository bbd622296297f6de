/** `space \0 user`: no space and no user id may contain U+0000, which the protocol's schemas refuse. */
export type UserKey = string;
/** `space \0 user \0 node \0 connection`. */
export type Member = string;

export const userKey = (space: string, userId: string): UserKey => `${space}\0${userId}`;

export const member = (space: string, userId: string, node: string, connectionId: string): Member =>
  `${space}\0${userId}\0${node}\0${connectionId}`;

export function fromUserKey(key: UserKey): { space: string; userId: string } {
  const end = key.indexOf('\0');
  return { space: key.slice(0, end), userId: key.slice(end + 1) };
}

/** Which shard a user belongs to: FNV-1a over UTF-16 code units. Every node must use the same number of shards. */
export function shardOf(key: UserKey, shards: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % shards;
}
