import type { ClusterState } from '../state.ts';
import { Trouble } from '../trouble.ts';
import { parley } from '../typed.ts';

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/;

/**
 * A drill hurts, and leaves messages behind. @throws Trouble when a part of the cluster is not on this machine
 */
export function requireLocal(
  state: Pick<ClusterState, 'urls' | 'databaseUrl' | 'redisUrl' | 'presenceRedisUrl'>,
  evenElsewhere: boolean,
): void {
  const parts = {
    DATABASE_URL: state.databaseUrl,
    REDIS_URL: state.redisUrl,
    ...(state.presenceRedisUrl !== undefined && { PRESENCE_REDIS_URL: state.presenceRedisUrl }),
    ...state.urls,
  };
  const elsewhere = Object.entries(parts).filter(
    ([, urls]) => !urls.split(',').every((url) => loopback.test(hostOf(url))),
  );
  if (elsewhere.length === 0 || evenElsewhere) return;
  throw new Trouble(
    `This cluster is not only on this machine (${elsewhere.map(([name]) => name).join(', ')}), and a drill kills what it can reach.`,
    [`If that is what you want: ${parley('drill', '--even-elsewhere')}`],
  );
}

function hostOf(url: string): string {
  const { protocol, hostname } = new URL(url.trim());
  return protocol === 'unix:' || hostname === '' ? 'localhost' : hostname;
}
