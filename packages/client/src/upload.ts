import type { Refusal, UploadedFile } from '@parley/protocol';
import { limits } from '@parley/protocol/limits';
import { errorOf, ParleyError, toParleyError } from './error.ts';
import type { Tokens } from './tokens.ts';

/** Uploads one file over HTTP: it needs no session. */
export type Upload = (file: Blob, name?: string) => Promise<UploadedFile>;

export function createUpload(baseUrl: string, tokens: Pick<Tokens, 'get'>): Upload {
  const url = new URL('/v1/files', baseUrl);

  return async (file, name) => {
    const body = new FormData();
    // Without a name a browser takes that of a `File`, and calls everything else "blob".
    if (name === undefined) body.append('file', file);
    else body.append('file', file, name);
    const authorization = `Bearer ${await tokens.get()}`;
    const signal = AbortSignal.timeout(limits.uploadTimeoutMs);
    const answer = await fetch(url, { method: 'POST', headers: { authorization }, body, signal }).catch(unanswered);
    const said = (await answer.json().catch(unanswered)) as { file?: UploadedFile; error?: Refusal };
    if (said.file) return said.file;
    throw said.error ? errorOf(said.error) : new ParleyError('outcome_unknown', `HTTP ${answer.status}`);
  };
}

function unanswered(error: unknown): never {
  throw toParleyError(error);
}
