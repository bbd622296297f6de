import { readdirSync, readFileSync } from 'node:fs';

/** The processes of one system by the part that they play. PostgreSQL is named by its postmaster. */
export type Parts = Record<'node' | 'postgres' | 'redis' | 'haproxy', readonly number[]>;
export type CpuMs = Record<keyof Parts, number>;

/** Linux counts in ticks of 10 ms. */
const msPerTick = 10;

/** CPU time since the start of each part, user and system, with everything that its processes forked and buried. */
export function cpuOf(parts: Parts): CpuMs {
  const all = readAll();
  const sum = (pids: readonly number[]) => pids.reduce((ms, pid) => ms + familyMs(pid, all), 0);
  return {
    node: sum(parts.node),
    postgres: sum(parts.postgres),
    redis: sum(parts.redis),
    haproxy: sum(parts.haproxy),
  };
}

/** CPU time that the whole machine spent busy, and that the hypervisor took away, since its start. */
export function machineMs(): { busy: number; stolen: number } {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]!
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return { busy: (user + nice + system + irq + softirq) * msPerTick, stolen: steal * msPerTick };
}

type Stat = { parent: number; ownMs: number; buriedMs: number };

function readAll(): Map<number, Stat> {
  const all = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (Number.isNaN(pid)) continue;
    const stat = readStat(pid);
    if (stat) all.set(pid, stat);
  }
  return all;
}

function readStat(pid: number): Stat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // Gone between the listing and the reading: its time is with its parent now.
    return undefined;
  }
}

/** One line of `/proc/<pid>/stat`. */
export function parseStat(text: string): Stat {
  // The command's name may hold spaces and brackets; the numbers begin behind its last one, with field 3.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (n: number) => Number(fields[n - 3]);
  return {
    parent: field(4),
    ownMs: (field(14) + field(15)) * msPerTick,
    buriedMs: (field(16) + field(17)) * msPerTick,
  };
}

function familyMs(pid: number, all: Map<number, Stat>): number {
  const stat = all.get(pid);
  if (!stat) return 0;
  let ms = stat.ownMs + stat.buriedMs;
  for (const [child, { parent }] of all) if (parent === pid) ms += familyMs(child, all);
  return ms;
}
