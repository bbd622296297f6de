import { chooseFaults, type Skipped } from '../drill/choose.ts';
import { drill as rehearseAll, type Rehearsed, type Verdict } from '../drill/drill.ts';
import type { FaultName } from '../drill/faults.ts';
import { handsOn } from '../drill/hands.ts';
import { requireLocal } from '../drill/local.ts';
import { isAlive } from '../processes/identity.ts';
import { clusterStatus } from '../status/cluster-status.ts';
import { tellSteps } from './steps.ts';
import { paint, print } from './terminal.ts';
import { notRunning, spaceOf, urlOf, whichCluster } from './which-cluster.ts';

export type DrillOptions = { dir: string; only?: FaultName[]; json?: boolean; budget: number; evenElsewhere?: boolean };

const spaceName = 'main';

/** Rehearses faults against the cluster that runs from a folder. @returns whether every promise was kept */
export async function drill({
  dir,
  only,
  json = false,
  budget,
  evenElsewhere = false,
}: DrillOptions): Promise<boolean> {
  const which = whichCluster(dir);
  const { state } = which;
  if (!state) throw notRunning(which, 'only what runs on this machine can be hurt and watched from here');
  requireLocal(state, evenElsewhere);
  const own = state.processes.filter(({ identity }) => isAlive(identity)).map(({ kind }) => kind);
  const { chosen, skipped } = chooseFaults(only, new Set(own));
  const isWhole = async () => {
    const { healthy, nodes } = await clusterStatus(state);
    return healthy && nodes.every(({ readiness }) => readiness === 'ready');
  };
  const stage = {
    url: urlOf(which, spaceName),
    space: spaceOf(which, spaceName),
    databaseUrl: state.databaseUrl,
    isWhole,
  };
  // Programs read stdout; who waits reads the steps beside it.
  const out = json ? process.stderr : process.stdout;
  const steps = tellSteps({ write: (text) => void out.write(text), terminal: out.isTTY });
  try {
    const hands = handsOn({ dir, perSecond: budget, say: (line) => steps.say(`  ${line}`) });
    const rehearsed = await rehearseAll(chosen, { stage, hands, perSecond: budget, say: steps.say });
    const verdict = { ...rehearsed, skipped };
    steps.done();
    print(json ? JSON.stringify(verdict, undefined, 2) : describe(verdict));
    return verdict.passed;
  } finally {
    steps.done();
  }
}

export const describe = ({ passed, faults, skipped }: Verdict & { skipped: readonly Skipped[] }): string =>
  [
    ...faults.map(describeOne),
    '',
    ...skipped.map(({ fault, why }) => `${paint('dim', '– skipped')}  ${fault}: ${why}`),
    passed ? paint('green', 'Every promise was kept') : paint('red', 'A promise was broken'),
  ].join('\n');

const describeOne = ({ fault, what, tookMs, promises }: Rehearsed): string =>
  [
    '',
    `${fault}: ${what} (${Math.round(tookMs / 1000)} s)`,
    ...promises.map(
      ({ promise, kept, seen }) => `  ${kept ? paint('green', '✓ pass') : paint('red', '✗ fail')}  ${promise}: ${seen}`,
    ),
  ].join('\n');
