import { chmodSync, chownSync, cpSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Part, signalFamily, startPostgres } from '@parley/cluster';
import { sessionOn } from './test-database.ts';

/** Made anew by the server that starts on a copy. */
const left = new Set(['postmaster.pid', 'postmaster.opts']);

/**
 * A PostgreSQL of its own and a streaming replica of it, by the low-level backup (the embedded package brings no
 * pg_basebackup).
 */
export async function startReplicatedPostgres() {
  const folder = mkdtempSync(join(tmpdir(), 'parley-replica-'));
  // As root, PostgreSQL runs as another user, who must be able to enter.
  chmodSync(folder, 0o755);
  const parts: Part[] = [];
  const at = (name: string) => ({
    dataDir: join(folder, name),
    logFile: join(folder, `${name}.log`),
    durable: false,
  });
  const primary = await startPostgres(at('primary'));
  parts.push(primary);
  const ask = await sessionOn(primary.url);
  await ask.query(`select pg_backup_start('replica', true)`);
  copyData(primary.dataDir, at('replica').dataDir);
  const { rows } = await ask.query<{ label: string }>('select labelfile as label from pg_backup_stop(false)');
  await ask.end();
  const { uid, gid } = statSync(primary.dataDir);
  for (const [name, text] of [
    ['backup_label', rows[0]?.label ?? ''],
    ['standby.signal', ''],
  ] as const) {
    writeFileSync(join(at('replica').dataDir, name), text);
    chownSync(join(at('replica').dataDir, name), uid, gid);
  }
  const settings = { primary_conninfo: `host=127.0.0.1 port=${primary.port} user=postgres` };
  const replica = await startPostgres({ ...at('replica'), settings });
  parts.push(replica);
  return {
    url: primary.url,
    replicaUrl: replica.url,
    /** Stands still with all its processes: it accepts, and answers nothing. @returns how to let it go on */
    freezeReplica() {
      signalFamily(replica.pid, 'SIGSTOP');
      return () => signalFamily(replica.pid, 'SIGCONT');
    },
    /** Dies, and comes back by nobody. */
    stopReplica: () => replica.stop(),
    async close() {
      for (const part of parts.toReversed()) await part.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The log is not copied: the replica streams it from the beginning of the backup on. */
function copyData(from: string, to: string): void {
  cpSync(from, to, {
    recursive: true,
    filter: (path) => !left.has(basename(path)) && !(basename(dirname(path)) === 'pg_wal' && statSync(path).isFile()),
  });
  const { uid, gid } = statSync(from);
  for (const name of ['.', ...readdirSync(to, { recursive: true, encoding: 'utf8' })])
    chownSync(join(to, name), uid, gid);
  chmodSync(to, 0o700);
}
