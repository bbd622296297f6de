import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type Part, startRedis } from '@parley/testkit';

/** A Redis of one test file's own, which it may kill, freeze and start again, empty, on the same port. */
export async function startOwnRedis() {
  const dir = mkdtempSync(join(tmpdir(), 'parley-presence-'));
  const port = await freePort();
  const start = () => startRedis({ port, dir, logFile: join(dir, 'redis.log') });
  let part: Part = await start();
  let frozen = false;
  const thaw = () => {
    if (frozen) part.signal('SIGCONT');
    frozen = false;
  };
  return {
    url: part.url,
    port,
    freeze() {
      part.signal('SIGSTOP');
      frozen = true;
    },
    thaw,
    async kill() {
      part.signal('SIGKILL');
      await part.exited;
    },
    /** Empty, as nothing is ever written to disk. */
    async startAgain() {
      part = await start();
    },
    async stop() {
      thaw();
      await part.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export type OwnRedis = Awaited<ReturnType<typeof startOwnRedis>>;
