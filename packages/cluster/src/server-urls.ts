import { type Env, isServerUrl, readSecret } from '@parley/node-kit';
import { Trouble } from './trouble.ts';

const redis = { of: /^(rediss?|unix):\/\/[^,]+(, *rediss?:\/\/[^,]+)*$/, example: 'redis://127.0.0.1:6379' };
const shapes = {
  DATABASE_URL: { of: /^postgres(ql)?:\/\//, example: 'postgres://parley:secret@127.0.0.1:5432/parley' },
  REDIS_URL: redis,
  PRESENCE_REDIS_URL: redis,
} as const;
type Variable = keyof typeof shapes;
const variables = ['DATABASE_URL', 'REDIS_URL', 'PRESENCE_REDIS_URL'] as const satisfies Variable[];

/** @throws Trouble that tells every URL that no node would take, with an example and without its password */
export function requireUrls(urls: Readonly<Partial<Record<Variable, string | undefined>>>): void {
  const wrong = variables.filter((name) => !isUsable(name, urls[name]));
  if (wrong.length === 0) return;
  const lines = wrong.map((name) => `  ${name} has to look like ${shapes[name].example}`);
  throw new Trouble(`The environment names servers by URLs that cannot be used:\n${lines.join('\n')}`, [
    'Percent-encode : / ? # @ % in a password: # is %23, @ is %40.',
    `Or use the embedded servers: unset ${wrong.join(' ')}`,
  ]);
}

/** What the nodes demand, and what a driver can take apart. */
const isUsable = (name: Variable, url: string | undefined): boolean =>
  url === undefined || (shapes[name].of.test(url) && isServerUrl(url));

/**
 * The servers, as far as the environment names them.
 * @throws Trouble when one cannot be read, or is nothing that a node would take
 */
export function serverUrls(env: Env): Record<Variable, string | undefined> {
  const urls = {
    DATABASE_URL: serverUrl(env, 'DATABASE_URL'),
    REDIS_URL: serverUrl(env, 'REDIS_URL'),
    PRESENCE_REDIS_URL: serverUrl(env, 'PRESENCE_REDIS_URL'),
  };
  requireUrls(urls);
  return urls;
}

/** What the environment names, itself or by a file (`DATABASE_URL_FILE`). @throws Trouble when there is no reading it */
export function serverUrl(env: Env, variable: Variable): string | undefined {
  const { value, problem } = readSecret(env, variable);
  if (problem !== undefined) throw new Trouble(`The environment cannot be used: ${problem}`);
  return value;
}
