import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { UploadedFile } from '@parley/protocol';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Asked, type Person, startApi } from './api.ts';

export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
export const page = Buffer.from('<html><script>alert(document.cookie)</script></html>');
export const bytesMax = 100_000;
export const quotaBytesMax = 250_000;

type Given = { name?: string; type?: string; space?: string };

/** An API node that takes files, for all tests of one test file, and people who upload. */
export function filesStage() {
  let api: Awaited<ReturnType<typeof startApi>>;
  let url: string;
  let counted = 0;
  beforeAll(async () => {
    api = await startApi({ files: { bytesMax, quotaBytesMax } });
    await api.app.listen({ host: '127.0.0.1', port: 0 });
    const address = api.app.server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  });
  afterAll(() => api.close());

  /** Somebody with a quota that nobody else draws on. */
  const someone = (more: Parameters<typeof api.person>[1] = {}) => api.person(`user-${(counted += 1)}`, more);
  const headersOf = ({ token }: Person, space = api.spaces[0].name) => ({
    'x-parley-space': space,
    authorization: `Bearer ${token}`,
  });
  async function post(
    person: Person,
    content: Uint8Array<ArrayBuffer>,
    { name = 'photo.png', type = 'image/png', space }: Given = {},
  ) {
    const body = new FormData();
    body.append('file', new Blob([content], { type }), name);
    const answer = await fetch(`${url}/v1/files`, { method: 'POST', headers: headersOf(person, space), body });
    return { status: answer.status, body: (await answer.json()) as { file: UploadedFile; error: { code: string } } };
  }

  async function upload(
    person: Person,
    content: Uint8Array<ArrayBuffer> = png,
    given: Given = {},
  ): Promise<UploadedFile> {
    const { status, body } = await post(person, content, given);
    expect(body).not.toHaveProperty('error');
    expect(status).toBe(200);
    return body.file;
  }

  const codeOf = ({ body }: Asked | Awaited<ReturnType<typeof post>>) =>
    (body as { error?: { code: string } }).error?.code;
  /** What a link leads to, as a browser asks: without a token. */
  const open = (
    link: string,
    {
      space = api.spaces[0].name,
      headers = {},
      method = 'GET',
    }: { space?: string; headers?: object; method?: string } = {},
  ) => {
    const { pathname, search } = new URL(link);
    return fetch(`${url}${pathname}${search}`, { method, headers: { 'x-parley-space': space, ...headers } });
  };
  const direct = async (person: Person, peerId: string) => {
    const { body } = await person.ask('PUT', `/v1/conversations/direct/${peerId}`);
    return (body as { conversation: { id: string } }).conversation.id;
  };
  const send = (person: Person, conversationId: string, body: object) =>
    person.ask('POST', `/v1/conversations/${conversationId}/messages`, { body: { body: '', kind: 'file', ...body } });
  const messagesOf = async (person: Person, conversationId: string) => {
    const { body } = await person.ask('GET', `/v1/conversations/${conversationId}/messages`);
    return (body as { messages: { id: string; attachments?: { id: string; url: string }[] }[] }).messages;
  };
  /** Everything that lies in the folder of files, by its last name. */
  const lying = () =>
    readdirSync(api.filesPath, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));

  return {
    get api() {
      return api;
    },
    get url() {
      return url;
    },
    someone,
    headersOf,
    post,
    upload,
    codeOf,
    open,
    direct,
    send,
    messagesOf,
    lying,
  };
}
