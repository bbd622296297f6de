import { readFileSync } from 'node:fs';

/** Of all packages of the project: they are released together. */
export const version: string = readVersion();

function readVersion(): string {
  // Beside `src` and beside `dist`.
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) return 'unknown';
  return String(manifest.version);
}
