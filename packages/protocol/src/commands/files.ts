import { type TObject, Type } from 'typebox';
import { UploadedFile } from '../attachment.ts';
import type { ErrorCode } from '../errors.ts';
import { Closed, FileId } from '../values.ts';

/** What carries the bytes of files, over HTTP only. */
export type FileRoute = {
  summary: string;
  http: { method: 'GET' | 'POST'; path: string };
  /** In the path, or in the query. */
  input: TObject;
  /** Absent: the bytes of a file. */
  output?: TObject;
  errors: readonly ErrorCode[];
};

export const fileRoutes = {
  'file.upload': {
    summary:
      'Takes a file in, from a form (`multipart/form-data`) with one part that has a file name; its parts besides are not looked at.',
    http: { method: 'POST', path: '/v1/files' },
    input: Closed({}),
    output: Closed({ file: UploadedFile }),
    errors: [
      'invalid',
      'too_large',
      'unsupported_type',
      'quota_exceeded',
      'rate_limited',
      'busy',
      'unavailable',
      'outcome_unknown',
    ],
  },
  'file.read': {
    summary: 'The bytes of a file, or a range of them, by a link that an answer or event gave: it asks for no token.',
    http: { method: 'GET', path: '/v1/files/:fileId' },
    input: Closed({
      fileId: FileId,
      expires: Type.String({ description: 'When the link ends.' }),
      signature: Type.String({ description: 'That we made it.' }),
    }),
    errors: ['forbidden', 'not_found', 'unavailable'],
  },
} as const satisfies Record<string, FileRoute>;
