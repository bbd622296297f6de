import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from './structure/project.ts';

export type Ran = { ok: boolean; output: string };

/** Runs one of the tools that the project brings, in the root, and gathers what it says. Never throws. */
export function runTool(name: string, args: readonly string[]): Promise<Ran> {
  return new Promise((done) => {
    const child = spawn(join(projectRoot, 'node_modules/.bin', name), args, {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const gather = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', gather);
    child.stderr.on('data', gather);
    child.once('error', (error) => done({ ok: false, output: `${name} could not be run: ${error.message}` }));
    child.once('close', (code) => done({ ok: code === 0, output }));
  });
}
