import { Trouble } from '@parley/cluster';
import type { Plan } from '../scenarios/plan.ts';
import { exitCode, image, type K6, mainPath } from './k6.ts';

/** Connections that one pod of k6 carries with its memory and one core. */
const clientsPerPod = 5_000;
const memoryPerClientKb = 200;

/** Where the archive lies in the cluster; `pnpm loadtest … --profile fleet` says how it gets there. */
const claim = 'parley-loadtest';

const nameOf = ({ scenario }: Plan): string => `parley-${scenario}`;

export const podsOf = ({ size: { clients, vus } }: Plan): number =>
  Math.min(vus, Math.max(1, Math.ceil(clients / clientsPerPod)));

/**
 * A TestRun of k6-operator: it splits the VUs over pods, which begin together. Each VU takes its own share of the
 * clients, whichever pod it runs in. Nothing is cleaned up afterwards: a pod says in its log what it found, and a log
 * goes with its pod.
 */
export function manifestOf(plan: Plan): string {
  const { scenario, size } = plan;
  const pods = podsOf(plan);
  const memoryMb = 512 + Math.ceil((size.clients / pods) * (memoryPerClientKb / 1024));
  return `# ${scenario}: ${size.clients} clients in ${size.vus} VUs; pods: ${pods}.
apiVersion: k6.io/v1alpha1
kind: TestRun
metadata:
  name: ${nameOf(plan)}
spec:
  parallelism: ${pods}
  separate: ${pods > 1}
  quiet: "true"
  script:
    volumeClaim:
      name: ${claim}
      file: ${archiveName(plan)}
  arguments: --no-usage-report
  runner:
    image: ${image}
    env:
      - { name: K6_AUTO_EXTENSION_RESOLUTION, value: "false" }
    resources:
      requests: { cpu: "1", memory: ${memoryMb}Mi }
      limits: { memory: ${2 * memoryMb}Mi }
`;
}

export const archiveName = ({ scenario }: Plan): string => `${scenario}.tar`;

/** One file that k6 runs anywhere: scripts, plan and clients. @throws Trouble when k6 does not */
export async function pack(k6: K6, files: Readonly<Record<string, string>>, archive: string): Promise<void> {
  const code = await exitCode(k6, ['archive', '--archive-out', archive], files, mainPath);
  if (code !== 0) throw new Trouble(`k6 could not pack ${archive} (it ended with ${code}).`);
}

/** What to type to run it. */
export function fleetSteps(plan: Plan, folder: string): string[] {
  return [
    `wrote ${folder}/${archiveName(plan)} (the scenario, its users and their tokens, good for a day) and ${plan.scenario}.yaml`,
    '',
    `  kubectl apply -f loadtest/fleet/claim.yaml`,
    `  kubectl wait --for=condition=Ready pod/${claim}`,
    `  kubectl cp ${folder}/${archiveName(plan)} ${claim}:/test/${archiveName(plan)}`,
    `  kubectl apply -f ${folder}/${plan.scenario}.yaml`,
    `  kubectl wait --for=jsonpath='{.status.stage}'=finished --timeout=2h testrun/${nameOf(plan)}`,
    `  kubectl logs --prefix --tail=-1 --selector k6_cr=${nameOf(plan)},runner=true`,
    `  kubectl delete -f ${folder}/${plan.scenario}.yaml`,
  ];
}
