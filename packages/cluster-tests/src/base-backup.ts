import { sessionOn } from '@parley/testkit';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** What belongs to the running server only, and the log, which is copied when the rest is there. */
const leftOut = new Set(['postmaster.pid', 'postmaster.opts', 'pg_wal']);

/**
 * A physical backup of a server that goes on writing, as `pg_basebackup` makes it, which the embedded package lacks.
 * It is whole as long as the server keeps the log of this time: for the minutes of a test.
 */
export async function takeBackup(serverUrl: string, dataDir: string, backupDir: string): Promise<void> {
  const session = await sessionOn(serverUrl);
  try {
    await session.query("select pg_backup_start('proof', true)");
    mkdirSync(backupDir, { mode: 0o700 });
    for (const name of readdirSync(dataDir)) if (!leftOut.has(name)) await copy(join(dataDir, name), backupDir);
    const { rows } = await session.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    writeFileSync(join(backupDir, 'backup_label'), rows[0]?.labelfile ?? '');
    await copy(join(dataDir, 'pg_wal'), backupDir);
    await run('chown', ['--recursive', `--reference=${dataDir}`, backupDir]);
  } finally {
    await session.end();
  }
}

/** Puts a backup in the place of what a stopped server had. */
export function putBack(backupDir: string, dataDir: string): Promise<unknown> {
  rmSync(dataDir, { recursive: true });
  return run('cp', ['--archive', backupDir, dataDir]);
}

/** A file that goes away while its folder is copied is as good as gone: the log of the backup says the rest. */
async function copy(from: string, to: string): Promise<void> {
  await run('cp', ['--archive', from, to]).catch((error: unknown) => {
    const lines = error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n') : [];
    const isOnlyGone = lines.length > 0 && lines.every((line) => line.endsWith('No such file or directory'));
    if (!isOnlyGone) throw error;
  });
}
