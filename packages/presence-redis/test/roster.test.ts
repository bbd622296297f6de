import { describe, expect, it } from 'vitest';
import { shardOf, userKey } from '../src/members.ts';
import { createRoster } from '../src/roster.ts';

describe('a roster', () => {
  it('tells of each connection that came or went since it was last told, in portions', () => {
    const roster = createRoster();
    for (const member of ['a', 'b', 'c']) roster.want(member);
    const { come } = roster.take(2);
    expect(come).toEqual(['a', 'b']);
    roster.confirm(come);
    roster.unwant('a');
    expect(roster.take(10)).toEqual({ come: ['c'], go: ['a'] });
    expect(roster.take(10)).toEqual({ come: [], go: [] });
  });

  it('says nothing of a connection that came and went between two portions', () => {
    const roster = createRoster();
    roster.want('a');
    roster.unwant('a');
    expect(roster.take(10)).toEqual({ come: [], go: [] });
    expect(roster.pending).toBe(0);
  });

  it('takes back what changed while Redis was being told', () => {
    const roster = createRoster();
    roster.want('a');
    const { come } = roster.take(10);
    roster.unwant('a');
    roster.confirm(come);
    const { go } = roster.take(10);
    expect(go).toEqual(['a']);
    roster.want('a');
    roster.forget(go);
    expect(roster.take(10)).toEqual({ come: ['a'], go: [] });
  });

  it('holds only the connections that exist, however long nobody takes anything', () => {
    const roster = createRoster();
    for (let i = 0; i < 10_000; i += 1) {
      roster.want(`m${i}`);
      if (i >= 10) roster.unwant(`m${i - 10}`);
    }
    expect(roster.size).toBe(10);
    expect(roster.pending).toBe(10);
    expect(roster.startOver()).toHaveLength(10);
    expect(roster.pending).toBe(0);
  });

  it('believes nothing any more after it started over, and tells everything again', () => {
    const roster = createRoster();
    roster.want('a');
    roster.confirm(roster.take(10).come);
    expect(roster.confirmedSize).toBe(1);
    expect(roster.startOver()).toEqual(['a']);
    expect(roster.confirmedSize).toBe(0);
  });
});

describe('shards', () => {
  it('share users evenly', () => {
    const counts = Array<number>(8).fill(0);
    for (let i = 0; i < 8_000; i += 1) counts[shardOf(userKey('main', `user-${i}`), 8)]! += 1;
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});
