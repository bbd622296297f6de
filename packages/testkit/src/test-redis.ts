import { randomBytes } from 'node:crypto';

/** A prefix of one's own for keys and channels on the shared Redis; nothing is ever flushed. */
export function testRedisPrefix(): string {
  return `test:${randomBytes(6).toString('hex')}:`;
}

export function testRedisUrl(): string {
  const url = process.env['PARLEY_TEST_REDIS_URL'];
  if (!url) throw new Error('PARLEY_TEST_REDIS_URL is not set: run tests with the configuration of the root');
  return url;
}
