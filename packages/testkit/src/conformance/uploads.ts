import { randomUUID } from 'node:crypto';
import type { SentFile } from '@parley/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, numbers, type Scene, type StoreStage, sceneOn } from './store-stage.ts';

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const plenty = 1_000_000;
const sha256 = 'ab'.repeat(32);

/** A file in a space, as it is before it is anybody's. */
const fileIn = (space: string, bytes = 1): SentFile => ({
  file: { space, id: randomUUID() },
  name: 'a b.png',
  type: 'image/png',
  bytes,
});

async function uploaded({ uploads, space }: Pick<Scene, 'uploads' | 'space'>, owner: string, bytes = 1) {
  const file = fileIn(space, bytes);
  await uploads.add(owner, { ...file, sha256 }, plenty);
  return file;
}

/** What every store promises about files that were uploaded, and about the messages that carry them. */
export function uploadsConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`uploads: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());

    it('are found in their own space, and are owned by who uploaded them', async () => {
      const { uploads, other, space } = await sceneOn(stage);
      const file = fileIn(space);
      const { id } = file.file;
      const added = await uploads.add('ana', { ...file, sha256 }, plenty);
      expect(added).toEqual({ ...file, sha256, uploadedAt: time });
      expect(await other.uploads.find(file.file)).toEqual(added);
      expect(await other.uploads.find({ space: 'elsewhere', id })).toBeUndefined();
      expect(await uploads.owned(space, 'ana', [id])).toEqual([file]);
      expect(await uploads.owned(space, 'bob', [id])).toEqual([]);
      expect(await uploads.owned('elsewhere', 'ana', [id])).toEqual([]);
    });

    it('are owned in the order in which they are asked for', async () => {
      const scene = await sceneOn(stage);
      const files = [await uploaded(scene, 'ana'), await uploaded(scene, 'ana'), await uploaded(scene, 'ana')];
      const ids = files.map(({ file }) => file.id).toReversed();
      expect(await scene.uploads.owned(scene.space, 'ana', ids)).toEqual(files.toReversed());
    });

    it('fill a quota to its last byte and never beyond, however many nodes upload at the same moment', async () => {
      const { uploads, other, space } = await sceneOn(stage);
      const add = (owner: string, bytes: number, node = uploads) =>
        codeOf(node.add(owner, { ...fileIn(space, bytes), sha256 }, 100));
      const racing = await Promise.all(numbers(1, 20).map((i) => add('ana', 30, i % 2 ? uploads : other.uploads)));
      expect(racing.filter((answer) => answer === 'answered')).toHaveLength(3);
      expect(racing.filter((answer) => answer === 'quota_exceeded')).toHaveLength(17);
      expect([await add('ana', 11), await add('ana', 10), await add('ana', 1)]).toEqual([
        'quota_exceeded',
        'answered',
        'quota_exceeded',
      ]);
      expect(await add('bob', 101)).toBe('quota_exceeded');
      expect(await add('bob', 100)).toBe('answered');
    });

    it('are carried by one message, which shows them after its other attachments', async () => {
      const scene = await sceneOn(stage);
      const { history, log, say, direct, space } = scene;
      const no = await direct('ana', 'bob');
      const files = [await uploaded(scene, 'ana'), await uploaded(scene, 'ana')];
      const url = 'https://elsewhere.example/x';
      const { message } = await say('ana', no, '', { kind: 'image', attachments: [{ url }], files });
      const link = { url: expect.any(String), name: 'a b.png', type: 'image/png', bytes: 1 };
      const shown = [{ url }, ...files.map(({ file: { id } }) => ({ id, ...link }))];
      expect(message.attachments).toEqual(shown);
      expect((await history.page(space, 'bob', no, { limit: 9 })).messages).toEqual([message]);
      expect((await log.messages(no, 0, 1, 9))[0]?.message).toEqual(message);
    });

    it('are sent in the order of the sends around them', async () => {
      const scene = await sceneOn(stage);
      const no = await scene.direct('ana', 'bob');
      const files = await Promise.all(numbers(1, 10).map(() => uploaded(scene, 'ana')));
      const sent = await Promise.all(
        numbers(1, 30).map((i) => scene.say('ana', no, `${i}`, i % 3 ? {} : { files: files.slice(i / 3 - 1, i / 3) })),
      );
      expect(sent.map(({ message }) => message.seq)).toEqual(numbers(1, 30));
      expect(sent.flatMap(({ message }) => message.attachments?.map(({ id }) => id) ?? [])).toEqual(
        files.map(({ file }) => file.id),
      );
    });

    it('stay with their message when its send is repeated, also after it was deleted', async () => {
      const scene = await sceneOn(stage);
      const { messages, other, uploads, say, said, direct, space } = scene;
      const no = await direct('ana', 'bob');
      const files = [await uploaded(scene, 'ana')];
      const clientId = randomUUID();
      const first = await say('ana', no, 'look', { clientId, files });
      const again = await other.messages.append(said('ana', no, 'look', { clientId, files }));
      expect(again).toMatchObject({ duplicate: true, message: first.message });
      expect(await codeOf(say('ana', no, 'look', { clientId }))).toBe('conflict');
      await messages.remove(space, 'ana', { no, seq: 1 });
      expect(await uploads.owned(space, 'ana', [files[0]?.file.id ?? ''])).toEqual(files);
      expect(await say('ana', no, 'look', { clientId, files })).toMatchObject({ duplicate: true });
    });

    it('are refused where another message has them, of two that are sent at once one, and burn no number', async () => {
      const scene = await sceneOn(stage);
      const { other, say, said, direct } = scene;
      const [no, elsewhere] = [await direct('ana', 'bob'), await direct('ana', 'cy')];
      const files = [await uploaded(scene, 'ana'), await uploaded(scene, 'ana')];
      const racing = [
        say('ana', no, 'one', { files }),
        other.messages.append(said('ana', elsewhere, 'two', { files })),
      ];
      expect((await Promise.all(racing.map(codeOf))).toSorted()).toEqual(['answered', 'not_found']);
      expect(await codeOf(say('ana', no, 'three', { files: files.slice(0, 1) }))).toBe('not_found');
      const [next, last] = [await say('ana', no, 'next'), await say('ana', elsewhere, 'last')];
      expect(new Set([next.message.seq, last.message.seq])).toEqual(new Set([1, 2]));
    });

    it("are refused to everybody but their uploader, also to those of another space, and the uploader's are kept", async () => {
      const scene = await sceneOn(stage);
      const there = await sceneOn(stage);
      const no = await scene.direct('ana', 'bob');
      const [mine, theirs, away] = [
        await uploaded(scene, 'ana'),
        await uploaded(scene, 'bob'),
        await uploaded(there, 'ana'),
      ];
      const nobodys = fileIn(scene.space);
      for (const foreign of [theirs, away, nobodys])
        expect(await codeOf(scene.say('ana', no, 'x', { files: [mine, foreign] }))).toBe('not_found');
      expect((await scene.say('ana', no, 'x', { files: [mine] })).message.seq).toBe(1);
    });

    it('of the staff are sent as `agents` by who uploaded them', async () => {
      const scene = await sceneOn(stage);
      const no = await scene.direct('ana', 'agents');
      const files = [await uploaded(scene, 'tom')];
      expect(await codeOf(scene.say('agents', no, 'x', { authorId: 'tim', files }))).toBe('not_found');
      const { message } = await scene.say('agents', no, 'x', { authorId: 'tom', files });
      expect(JSON.stringify(message)).not.toMatch(/tom|tim/);
    });

    it('are unreachable when their message is deleted, and count no more', async () => {
      const scene = await sceneOn(stage);
      const { messages, other, uploads, say, direct, space } = scene;
      const no = await direct('ana', 'bob');
      const [gone, stays] = [await uploaded(scene, 'ana', 60), await uploaded(scene, 'ana', 40)];
      await say('ana', no, 'one', { files: [gone] });
      await say('ana', no, 'two', { files: [stays] });
      const more = () => codeOf(uploads.add('ana', { ...fileIn(space, 60), sha256 }, 100));
      expect(await more()).toBe('quota_exceeded');
      await messages.remove(space, 'ana', { no, seq: 1 });
      expect([await other.uploads.find(gone.file), await other.uploads.find(stays.file)]).toMatchObject([
        undefined,
        stays,
      ]);
      expect(await more()).toBe('answered');
      expect(await uploads.unreachable(1_000)).toContainEqual(gone.file);
      await uploads.forget([gone.file, stays.file]);
      expect(await uploads.unreachable(1_000)).not.toContainEqual(gone.file);
      expect(await uploads.find(stays.file)).toMatchObject(stays);
    });

    it('expire when no message carries them, whoever asks, and count no more', async () => {
      const scene = await sceneOn(stage);
      const { other, uploads, say, direct, space } = scene;
      const no = await direct('ana', 'bob');
      const [sent, unsent] = [await uploaded(scene, 'ana', 50), await uploaded(scene, 'ana', 50)];
      await say('ana', no, 'one', { files: [sent] });
      await uploads.expire(86_400_000);
      expect(await uploads.find(unsent.file)).toMatchObject(unsent);
      await Promise.all([uploads.expire(0), other.uploads.expire(0)]);
      expect([await uploads.find(sent.file), await uploads.find(unsent.file)]).toMatchObject([sent, undefined]);
      expect(await codeOf(say('ana', no, 'two', { files: [unsent] }))).toBe('not_found');
      expect(await codeOf(uploads.add('ana', { ...fileIn(space, 50), sha256 }, 100))).toBe('answered');
      expect(await codeOf(uploads.add('ana', { ...fileIn(space, 1), sha256 }, 100))).toBe('quota_exceeded');
      await uploads.forget([unsent.file]);
      expect(await uploads.owned(space, 'ana', [unsent.file.id])).toEqual([]);
    });
  });
}
