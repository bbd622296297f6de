import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const folder = new URL('../lua/', import.meta.url);
const files = readdirSync(folder);
const textOf = (file: string) => readFileSync(new URL(file, folder), 'utf8');

describe('the scripts of presence', () => {
  it('each say what they are for, which KEYS and ARGV they take and, where they are called, what they return', () => {
    for (const file of files) {
      const [header = ''] = textOf(file).split('\n\n');
      const whole = textOf(file);
      expect(header.startsWith('--'), file).toBe(true);
      expect(whole, file).toMatch(/^-- KEYS/m);
      expect(whole, file).toMatch(/^-- ARGV/m);
      if (file !== 'shard.lua') expect(whole, file).toMatch(/^-- Returns/m);
    }
  });

  it('take no time but that of Redis, and name no key', () => {
    for (const file of files) {
      expect(textOf(file).match(/os\.time|os\.clock/g), file).toBeNull();
      expect(textOf(file).match(/\{[a-z:]*parley/g), file).toBeNull();
    }
  });
});

describe('the sources of presence', () => {
  it('compare no clock of a node with anything: Date.now only tells how far Redis is ahead', () => {
    const sources = new URL('../src/', import.meta.url);
    const uses = readdirSync(sources).flatMap((file) =>
      readFileSync(new URL(file, sources), 'utf8')
        .split('\n')
        .filter((line) => line.includes('Date.now'))
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(
      uses.every((use) => use.includes('redisAheadMs')),
      uses.join('\n'),
    ).toBe(true);
  });
});
