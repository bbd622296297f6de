import type { Keeper } from './keeper.ts';
import type { Balancer } from './parts/haproxy-admin.ts';
import type { Progress } from './progress.ts';
import { Trouble } from './trouble.ts';
import { parley } from './typed.ts';

/**
 * Lets another HAProxy, with the configuration and the certificate of now, take over from the one that runs. Who is
 * connected stays with that one, which ends with its last connection. @throws Trouble when the new one does not start
 */
export async function reload(haproxy: Keeper, admin: Balancer, say: Progress): Promise<void> {
  const former = haproxy.part();
  say('another HAProxy takes over');
  const connected = (await admin.slots()).reduce((sum, { sessions }) => sum + sessions, 0);
  const { pid } = await succeeded(haproxy);
  say(`HAProxy is ${pid} now; ${former?.pid} keeps its ${connected} connections and ends with the last of them`);
  if (connected > 0) say(`they move to ${pid} when nodes are replaced: ${parley('restart', '--rolling')}`);
}

async function succeeded(haproxy: Keeper) {
  try {
    return await haproxy.succeed();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Trouble(`${why}\nThe HAProxy of before serves on.`, [`When that is mended: ${parley('reload')}`], error);
  }
}
