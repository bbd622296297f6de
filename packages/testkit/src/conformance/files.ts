import { createHash, randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { FileKey, Files } from '@parley/core';
import { describe, expect, it } from 'vitest';
import { codeOf } from './store-stage.ts';

const plenty = 1_000_000;
const keyOf = (space = 'main'): FileKey => ({ space, id: randomUUID() });

async function* stream(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function* broken(): AsyncIterable<Uint8Array> {
  yield Buffer.from('half');
  throw new Error('the client went away');
}

/** What every place for files promises. `asides`: how many files are being received at this moment, as far as is known. */
export function filesConformance(name: string, open: () => { files: Files; asides: () => Promise<number> }): void {
  describe(`files: ${name}`, () => {
    const { files, asides } = open();
    const text = async (key: FileKey, range?: { start: number; end: number }) => {
      const found = await files.read(key, range);
      return found && (await buffer(found)).toString();
    };
    const kept = async (...texts: string[]) => {
      const key = keyOf();
      await (await files.receive(stream(...texts), plenty)).keep(key);
      return key;
    };

    it('have every byte that was received, and tell how many they are and what they hash to', async () => {
      const received = await files.receive(stream('one ', 'two ', 'three'), plenty);
      expect(received.bytes).toBe(13);
      expect(received.sha256).toBe(createHash('sha256').update('one two three').digest('hex'));
      expect(Buffer.from(received.head).toString()).toBe('one two three');
      const key = keyOf();
      await received.keep(key);
      expect(await text(key)).toBe('one two three');
      expect(await asides()).toBe(0);
    });

    it('show the first 4,100 bytes of what is longer', async () => {
      const received = await files.receive(stream('a'.repeat(4_000), 'b'.repeat(4_000)), plenty);
      expect(Buffer.from(received.head).toString()).toBe(`${'a'.repeat(4_000)}${'b'.repeat(100)}`);
      await received.discard();
    });

    it('may be empty', async () => {
      expect(await text(await kept())).toBe('');
    });

    it('are read in part', async () => {
      const key = await kept('0123456789');
      expect([await text(key, { start: 2, end: 4 }), await text(key, { start: 9, end: 9 })]).toEqual(['234', '9']);
    });

    it('are not there before they are kept, nor after they were discarded or removed', async () => {
      const key = keyOf();
      const received = await files.receive(stream('x'), plenty);
      expect(await text(key)).toBeUndefined();
      await received.discard();
      await received.discard();
      expect(await text(key)).toBeUndefined();
      const removed = await kept('x');
      await files.remove(removed);
      await files.remove(removed);
      expect(await text(removed)).toBeUndefined();
      expect(await asides()).toBe(0);
    });

    it('of one space are nothing in another', async () => {
      const { id } = await kept('x');
      expect(await text({ space: 'elsewhere', id })).toBeUndefined();
    });

    it('take a limit to its last byte, and leave nothing of what is longer', async () => {
      const received = await files.receive(stream('123', '45'), 5);
      expect(received.bytes).toBe(5);
      await received.discard();
      expect(await codeOf(files.receive(stream('123', '456'), 5))).toBe('too_large');
      expect(await asides()).toBe(0);
    });

    it('leave nothing of an upload that is cut in the middle', async () => {
      await expect(files.receive(broken(), plenty)).rejects.toThrow('the client went away');
      expect(await asides()).toBe(0);
    });

    it('are received beside each other', async () => {
      const keys = await Promise.all(['one', 'two', 'three'].map((each) => kept(each)));
      expect(await Promise.all(keys.map((key) => text(key)))).toEqual(['one', 'two', 'three']);
    });
  });
}
