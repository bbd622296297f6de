import { join } from 'node:path';
import { Environment, loadSpaces } from '@parley/node-kit';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { projectRoot } from '../src/project-root.ts';
import { environmentOf, find, ofKind, type Pod, podOf, read } from './fixtures/manifests.ts';

const config = read('haproxy.cfg').replaceAll(/#.*$/gm, '');
const nodes = ['parley-socket', 'parley-api'];
/** For how long CoreDNS may give an old answer, as kubeadm sets it up (`ttl 30`, `cache 30`). */
const dnsSeconds = 30;

describe('the manifests for Kubernetes', () => {
  it('give the nodes no variable that they do not know, and HAProxy none that haproxy.cfg does not read', () => {
    const known = Object.keys(Environment.properties);
    for (const node of nodes) {
      const given = Object.keys(environmentOf(node));
      expect(given).toContain('PARLEY_DRAIN_MS');
      expect(given.filter((name) => !known.includes(name))).toEqual([]);
    }
    const { env } = podOf('parley-haproxy').containers[0];
    const given = env.map(({ name }) => name);
    expect(given).toContain('PARLEY_DNS');
    const values = env.map(({ value }) => value).join();
    expect(given.filter((name) => !config.includes(`\${${name}`) && !values.includes(`$(${name})`))).toEqual([]);
  });

  it('keep the variables away that Kubernetes makes of Services, which would take the place of those in the image', () => {
    const made = ofKind('Service')
      .filter(({ spec }) => spec.clusterIP !== 'None')
      .map(({ metadata }) => `${metadata.name.toUpperCase().replaceAll('-', '_')}_PORT`);
    expect(made).toEqual(['PARLEY_PORT']);
    for (const name of ['parley-haproxy', ...nodes]) expect(podOf(name).enableServiceLinks, name).toBe(false);
  });

  it('leave a node more time than its drain takes', () => {
    for (const node of nodes) {
      const { terminationGracePeriodSeconds } = podOf(node);
      const drainMs = Number(environmentOf(node)['PARLEY_DRAIN_MS']);
      // What a process allows itself beyond the drain, before it ends whatever it is doing.
      expect(terminationGracePeriodSeconds * 1000).toBeGreaterThanOrEqual(drainMs + 10_000);
    }
  });

  it('open the port of every space', () => {
    const spaces = [...loadSpaces(join(projectRoot, 'infra/spaces.json'), {}).values()];
    const opened = find('Service', 'parley').spec.ports.map(({ port }) => port);
    expect(new Set(opened)).toEqual(new Set(spaces.map(({ port }) => port)));
  });

  it('keep a draining node in the DNS that HAProxy asks', () => {
    const asked = environmentOf('parley-haproxy', { 'metadata.namespace': 'chat' });
    expect([asked['PARLEY_DNS_SOCKET'], asked['PARLEY_DNS_API']]).toEqual(
      nodes.map((node) => `${node}.chat.svc.cluster.local:22001`),
    );
    for (const node of nodes) expect(find('Service', node).spec.publishNotReadyAddresses).toBe(true);
  });

  it('exchange one node at a time: the one before has left, also DNS, before the next is told to go', () => {
    const [answer = Number.NaN, question = Number.NaN] = ['hold obsolete', 'timeout resolve'].map((name) =>
      Number(new RegExp(`${name} (\\d+)s`).exec(config)?.[1]),
    );
    for (const { metadata, spec } of ofKind('Deployment')) {
      const { strategy, minReadySeconds = 0, progressDeadlineSeconds = 600, template } = spec;
      const leavesWithin = template.spec.terminationGracePeriodSeconds + dnsSeconds + answer + question;
      expect(strategy.rollingUpdate, metadata.name).toEqual({ maxSurge: 1, maxUnavailable: 0 });
      // Available later, a rollout does not go on: the only wait that Kubernetes knows, since it counts no pod that leaves.
      expect(minReadySeconds, metadata.name).toBeGreaterThanOrEqual(leavesWithin);
      expect(progressDeadlineSeconds, metadata.name).toBeGreaterThan(
        minReadySeconds + slowestStartSeconds(template.spec),
      );
    }
  });

  it('scale to no more nodes than leave a slot of haproxy.cfg to the one that a rollout adds and to the one that leaves', () => {
    const slotsOf = (backend: string) =>
      [...(config.split(`\nbackend ${backend}\n`)[1]?.split('.else')[0] ?? '').matchAll(/server-template \w 1-(\d+)/g)]
        .map(([, count]) => Number(count))
        .reduce((sum, count) => sum + count, 0);
    const slots = new Map([
      ['parley-socket', slotsOf('sockets')],
      ['parley-api', slotsOf('api')],
    ]);
    for (const [node, count] of slots) {
      const { maxSurge } = find('Deployment', node).spec.strategy.rollingUpdate;
      const leaving = 1;
      expect(find('HorizontalPodAutoscaler', node).spec.maxReplicas + maxSurge + leaving, node).toBeLessThanOrEqual(
        count,
      );
    }
  });

  it('say no count of what an autoscaler counts, which each apply would set back, and start with more than one', () => {
    const scalers = ofKind('HorizontalPodAutoscaler').map(({ spec }) => spec);
    expect(scalers.map(({ scaleTargetRef }) => scaleTargetRef.name)).toEqual(nodes);
    for (const { scaleTargetRef, minReplicas } of scalers) {
      expect(find('Deployment', scaleTargetRef.name).spec.replicas, scaleTargetRef.name).toBeUndefined();
      expect(minReplicas, scaleTargetRef.name).toBeGreaterThan(1);
    }
    expect(find('Deployment', 'parley-haproxy').spec.replicas).toBeGreaterThan(1);
    // It runs the base's nodes as they are.
    expect(read('infra/kubernetes/try-out/kustomization.yaml')).not.toContain('replicas');
  });

  it('let nobody but HAProxy reach the port whose headers the nodes believe', () => {
    const rules = find('NetworkPolicy', 'parley-nodes').spec.ingress.filter(({ ports }) =>
      ports.some(({ port }) => port === 22_001),
    );
    expect(rules.map(({ from }) => from)).toEqual([
      [{ podSelector: { matchLabels: { 'app.kubernetes.io/name': 'parley-haproxy' } } }],
    ]);
  });

  it('let nobody but HAProxy and the Prometheus of one namespace reach the ports that take orders from whoever asks', () => {
    const peersAt = (policy: string, wanted: number) =>
      find('NetworkPolicy', policy).spec.ingress.flatMap(({ ports, from }) =>
        ports.some(({ port }) => port === wanted) ? [from] : [],
      );
    const balancer = { podSelector: { matchLabels: { 'app.kubernetes.io/name': 'parley-haproxy' } } };
    const prometheus = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'prometheus' } },
    };
    expect(peersAt('parley-nodes', 23_001)).toEqual([[balancer], [prometheus]]);
    expect(peersAt('parley-haproxy', 8404)).toEqual([[prometheus]]);
  });

  it('are scraped under the names by which the rules know them: each node by its private port, HAProxy by its statistics', () => {
    const targets = ofKind('Deployment').flatMap(({ spec: { template } }) =>
      template.spec.containers[0].ports.flatMap(({ name, containerPort }) => {
        const job = jobOf({
          __meta_kubernetes_pod_label_app_kubernetes_io_name: template.metadata.labels['app.kubernetes.io/name'],
          __meta_kubernetes_pod_container_port_name: name,
        });
        return job === undefined ? [] : `${job}:${containerPort}`;
      }),
    );
    expect(targets.toSorted()).toEqual(['api:23001', 'haproxy:8404', 'socket:23001']);
  });

  it('follow a metric that the adapter sums for each pod, by labels that the scrape gives it', () => {
    const { rules } = parse(read('infra/prometheus/adapter.yml')) as { rules: [AdapterRule] };
    const [{ seriesQuery, resources, metricsQuery }] = rules;
    const followed = find('HorizontalPodAutoscaler', 'parley-socket').spec.metrics.flatMap(({ pods }) => pods ?? []);
    expect(followed.map(({ metric }) => metric.name)).toEqual([/^\w+/.exec(seriesQuery)?.[0]]);
    expect(metricsQuery).toMatch(/^sum by \(<<\.GroupBy>>\) \(<<\.Series>>\{<<\.LabelMatchers>>\}\)/);
    const given = new Map(scrape().relabel_configs.map((each) => [each.target_label, each.source_labels]));
    const meant = Object.entries(resources.overrides).map(([label, { resource }]) => [resource, given.get(label)]);
    expect(meant).toEqual([
      ['namespace', ['__meta_kubernetes_namespace']],
      ['pod', ['__meta_kubernetes_pod_name']],
    ]);
  });

  it('let an orchestrator take one of a kind at a time', () => {
    const deployments = ofKind('Deployment').map(({ metadata }) => metadata.name);
    const budgets = ofKind('PodDisruptionBudget');
    expect(budgets.map(({ metadata }) => metadata.name).toSorted()).toEqual(deployments.toSorted());
    for (const { metadata, spec } of budgets) {
      expect(spec.selector).toEqual(find('Deployment', metadata.name).spec.selector);
    }
  });
});

/** How long a pod may take until its probes call it ready, or kill it. */
const slowestStartSeconds = ({ containers: [{ startupProbe }] }: Pod): number =>
  startupProbe === undefined ? 0 : startupProbe.periodSeconds * startupProbe.failureThreshold;

type AdapterRule = {
  seriesQuery: string;
  resources: { overrides: Record<string, { resource: string }> };
  metricsQuery: string;
};
type Relabelling = { source_labels: string[]; regex?: string; action?: 'keep'; target_label?: string };

type Scrape = { job_name: string; relabel_configs: Relabelling[] };

function scrape(): Scrape {
  const { scrape_configs: scrapes } = parse(read('infra/prometheus/kubernetes.yml')) as { scrape_configs: [Scrape] };
  return scrapes[0];
}

/** What Prometheus makes of a port of a pod. @returns nothing for one that it does not scrape */
function jobOf(meta: Record<string, string | undefined>): string | undefined {
  const { job_name, relabel_configs } = scrape();
  let job: string | undefined = job_name;
  for (const { source_labels, regex = '(.*)', action, target_label } of relabel_configs) {
    const found = new RegExp(`^(?:${regex})$`).exec(source_labels.map((label) => meta[label] ?? '').join(';'));
    if (action === 'keep' && !found) return undefined;
    if (target_label === 'job' && found) job = found[1];
  }
  return job;
}
