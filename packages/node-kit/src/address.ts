import { isIPv6 } from 'node:net';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whose address a request is counted by: as the load balancer saw it, which sets `X-Forwarded-For` and deletes what a
 * client sent. An IPv6 client owns a network of 64 bits at least, so that is what counts; without a load balancer in
 * between it is the other end of the connection.
 */
export function addressOf(headers: IncomingHttpHeaders, remoteAddress: string | undefined): string {
  const forwarded = headers['x-forwarded-for'];
  const address = typeof forwarded === 'string' ? forwarded : (remoteAddress ?? '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? (isIPv6(address) ? networkOf(address) : address);
}

/** The first four of the eight groups; `::` stands for as many zeros as are missing. */
function networkOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const [before, after] = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':')));
  if (!before || !after) return address;
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
