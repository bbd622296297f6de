import { existsSync, readFileSync } from 'node:fs';
import { chooseFaults, type Evidence, faultNames, faults, judge, requireLocal } from '@parley/cluster';
import { describe, expect, it } from 'vitest';

const kept: Evidence = {
  violations: [],
  sends: 100,
  refused: [],
  sendsAgainMs: 900,
  convergedMs: 20,
  wholeMs: 2_500,
  offline: [],
  arrivalsPerSecond: 20,
};
const terms = { wholeWithinMs: 30_000, paced: true, perSecond: 20 };
const broken = (evidence: Partial<Evidence>): string[] =>
  judge({ ...kept, ...evidence }, terms)
    .filter((judged) => !judged.kept)
    .map(({ promise }) => promise);

describe('a drill', () => {
  it('rehearses what an SRE does, and every page that it names tells how', () => {
    const ofNodes = ['kill-node', 'freeze-node', 'press-node'];
    const ofServers = ['kill-haproxy', 'kill-redis', 'pause-postgres', 'lose-postgres'];
    const names = [...ofNodes, ...ofServers, 'drain', 'roll'];
    expect(faultNames).toEqual(names);
    for (const name of faultNames) {
      for (const page of faults[name].runbook) {
        const path = new URL(`../../../../infra/runbook/${page}.md`, import.meta.url);
        expect(existsSync(path), page).toBe(true);
        expect(readFileSync(path, 'utf8')).toContain(`parley drill --only ${name}\``);
      }
    }
  });

  it('passes when everything was kept, at the very bounds too', () => {
    expect(broken({})).toEqual([]);
    expect(broken({ convergedMs: 10_000, sendsAgainMs: 30_000, wholeMs: 30_000 })).toEqual([]);
  });

  it.each<[string, Partial<Evidence>, RegExp]>([
    ['a message is lost', { violations: [{ invariant: 'I1', message: 'gone' }] }, /lost, doubled/],
    ['nothing was sent at all', { sends: 0 }, /lost, doubled/],
    ['a client never has everything', { convergedMs: undefined }, /has everything/],
    ['a client has it too late', { convergedMs: 10_001 }, /has everything/],
    ['a send failed', { refused: ['busy'] }, /no send/],
    ['somebody cannot send any more', { sendsAgainMs: undefined }, /acknowledged again/],
    ['sends are late', { sendsAgainMs: 30_001 }, /acknowledged again/],
    ['a node does not come back', { wholeMs: undefined }, /serves again/],
    ['somebody is said to be offline', { offline: ['ada'] }, /offline/],
    ['too many come at once', { arrivalsPerSecond: 21 }, /at most 20 sessions/],
  ])('fails that promise alone when %s', (_, evidence, promise) => {
    expect(broken(evidence)).toEqual([expect.stringMatching(promise)]);
  });

  it('promises a pace only where clients move at one', () => {
    expect(judge({ ...kept, arrivalsPerSecond: 1_000 }, { ...terms, paced: false }).every((each) => each.kept)).toBe(
      true,
    );
  });

  it('skips what takes a process that the cluster has not, and refuses it by name before anything is hurt', () => {
    const own = new Set(['socket', 'api', 'haproxy'] as const);
    const { chosen, skipped } = chooseFaults(undefined, own);
    expect(chosen).toEqual(['kill-node', 'freeze-node', 'press-node', 'kill-haproxy', 'drain', 'roll']);
    expect(skipped).toEqual([
      { fault: 'kill-redis', why: 'no process of this cluster is redis: it runs elsewhere, or is down' },
      { fault: 'pause-postgres', why: 'no process of this cluster is postgres: it runs elsewhere, or is down' },
      { fault: 'lose-postgres', why: 'no process of this cluster is postgres: it runs elsewhere, or is down' },
    ]);
    expect(chooseFaults(['roll', 'kill-node'], own)).toEqual({ chosen: ['roll', 'kill-node'], skipped: [] });
    expect(() => chooseFaults(['kill-node', 'kill-redis', 'pause-postgres'], own)).toThrow(
      /kill-redis: no process .*\n {2}pause-postgres: no process /,
    );
  });

  it.each([
    ['the database', { databaseUrl: 'postgres://chat@10.0.0.5/chat' }],
    ['Redis', { redisUrl: 'redis://127.0.0.1:6379,redis://cache:6379' }],
    ['HAProxy', { urls: { main: 'https://chat.example' } }],
  ])('never hurts a cluster with %s elsewhere, unless it is told to', (_, elsewhere) => {
    const here = {
      urls: { main: 'http://127.0.0.1:8080' },
      databaseUrl: 'postgres://p@localhost/p',
      redisUrl: 'redis://127.0.0.1',
    };
    expect(() => requireLocal(here, false)).not.toThrow();
    expect(() => requireLocal({ ...here, ...elsewhere }, false)).toThrow('not only on this machine');
    expect(() => requireLocal({ ...here, ...elsewhere }, true)).not.toThrow();
  });
});
