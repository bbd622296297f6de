import { type Check, error, warning } from '../check.ts';

/** One file of the log: what a replica that keeps up is never behind. */
const behindBytesMax = 16 * 1024 * 1024;

/** A replica that is not one serves nothing, and nobody notices: the primary does all the work. */
export const postgresReplica: Check = {
  name: 'PostgreSQL replica',
  find: ({ replica }) => {
    if (!replica) return undefined;
    if (replica === 'none') return [];
    const { replays, ours, behindBytes } = replica;
    if (!replays) {
      return [
        error('DATABASE_REPLICA_URL is not a replica: it replays nobody’s log', 'Name a streaming replica, or none.'),
      ];
    }
    if (!ours) {
      return [
        error('the replica replays another server’s log, and is never believed', 'Name a replica of DATABASE_URL.'),
      ];
    }
    if (behindBytes <= behindBytesMax) return [];
    const behind = Math.round(behindBytes / 1024 / 1024);
    return [
      warning(
        `the replica is ${behind} MB behind: what has just been written about is left to the primary`,
        'Look whether its replay is paused, its disk full, or a long query holds it up (max_standby_streaming_delay).',
      ),
    ];
  },
};
