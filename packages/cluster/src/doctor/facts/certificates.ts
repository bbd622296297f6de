import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { projectRoot } from '../../project-root.ts';
import type { Now } from './clock.ts';

/** What HAProxy shows to clients: until when, or why it cannot. */
export type Certificate = { path: string; endsInMs: number } | { path: string; unreadable: string };

/** @param place a file or a folder of files, as PARLEY_TLS_CERT names it; absent: none is needed here */
export function certificatesAt(place: string | undefined, now: Now): Certificate[] {
  if (!place) return [];
  const path = resolve(projectRoot, place);
  try {
    const files = statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [path];
    return files.map((file) => certificateIn(file, now));
  } catch (error) {
    return [{ path, unreadable: String(error) }];
  }
}

function certificateIn(path: string, now: Now): Certificate {
  try {
    // The first of a chain is the one that is shown; the others last longer.
    return { path, endsInMs: Date.parse(new X509Certificate(readFileSync(path)).validTo) - now() };
  } catch (error) {
    return { path, unreadable: String(error) };
  }
}
