import { createHmac, timingSafeEqual } from 'node:crypto';
import { limits } from '@parley/protocol';
import type { Config } from './config.ts';
import type { Spaces } from './spaces.ts';

/** Which file, in which space. */
type FileKey = { space: string; id: string };

export type FileLinks = ReturnType<typeof createFileLinks>;

/** What a link carries besides the file, as its query has it. */
export type Claim = { expires: string; signature: string };

/**
 * Links are made for half a day more than they have to last and end together: whoever is shown a message again within
 * that time gets the same link, which caches know.
 */
const roundedMs = limits.fileLinkMsMin;

/** 128 bits: more than anybody guesses online, and half the text. */
const signatureBytes = 16;

/**
 * Links to files that need no token, for browsers and for clients that know nothing of Parley: `<img src>` sends none.
 * Each is signed with the secret of the cluster, for one file of one space, until a time.
 */
export function createFileLinks({ filesSecret, urls }: Pick<Config, 'filesSecret' | 'urls'>, spaces: Spaces) {
  const bases = new Map([...spaces.keys()].map((space) => [space, urls.get(space) ?? baseOf(spaces, space)]));
  const sign = ({ space, id }: FileKey, expires: string) =>
    createHmac('sha256', filesSecret).update(`${space}/${id}/${expires}`).digest().subarray(0, signatureBytes);

  return {
    linkOf(key: FileKey, now = Date.now()): string {
      const expires = String((Math.ceil(now / roundedMs) * roundedMs + roundedMs) / 1_000);
      const signature = sign(key, expires).toString('base64url');
      return `${bases.get(key.space) ?? ''}/v1/files/${key.id}?expires=${expires}&signature=${signature}`;
    },
    /** Whether we made this link, and it has not ended. In constant time. */
    isGood(key: FileKey, { expires, signature }: Claim, now = Date.now()): boolean {
      const given = Buffer.from(signature, 'base64url');
      const ours = sign(key, expires);
      if (given.byteLength !== ours.byteLength || !timingSafeEqual(given, ours)) return false;
      return now < Number(expires) * 1_000;
    },
  };
}

/** Where a space is reached when nobody said it: in production it has a host, in development a port of this machine. */
function baseOf(spaces: Spaces, name: string): string {
  const space = spaces.get(name);
  const [host] = space?.hosts ?? [];
  return host === undefined ? `http://127.0.0.1:${space?.port ?? 80}` : `https://${host}`;
}
