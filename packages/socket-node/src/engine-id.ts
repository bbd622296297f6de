import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * The slot under which the load balancer just found this node: it names it in a header, because a node whose address
 * came from DNS cannot know it beforehand. Without the header it is the configured one.
 */
export function slotOf(headers: IncomingHttpHeaders, configured: string): string {
  const named = headers['x-parley-slot'];
  return typeof named === 'string' && /^[a-z0-9]{2}$/.test(named) ? named : configured;
}

/**
 * An Engine.IO id that begins with the slot of this node: the load balancer reads those two characters and keeps a
 * long-polling session where it began, without a cookie (clients outside a browser's own origin keep none).
 * 20 characters of `[\w-]`, as Engine.IO makes them; 18 of them are 108 random bits.
 */
export function engineId(slot: string): string {
  return slot + randomBytes(14).toString('base64url').slice(0, 18);
}
