import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Budget, budgets, limits, problemsOf, type RareLimit, rareLimits, type TalkRule } from '@parley/protocol';
import { Compile } from 'typebox/compile';
import type { Env } from './config.ts';
import { Misconfiguration } from './misconfiguration.ts';
import { readSecret, type Secret } from './secrets.ts';
import { SpacesFile, type SpaceEntry, type TokenEntry } from './spaces-file.ts';
import type { AskRule } from './talk-host.ts';
import { secretVariable } from './variables-of-spaces.ts';

type Allowance = { points: number; windowMs: number };

/** A product with its users: its own contract, its own tokens, its own limits. */
export type Space = {
  name: string;
  dialect: string;
  /** Where HAProxy takes its clients; nodes do not listen there. */
  port: number | undefined;
  hosts: readonly string[];
  /** Origins of web pages that may connect, exactly as browsers send them; `*` permits every one. */
  origins: readonly string[];
  tokens: TokenRules;
  /** Absent: it has no accounts, and its product alone signs tokens. */
  accounts?: { accessMs: number; refreshMs: number };
  /** Who may talk in its direct conversations. */
  talk: TalkRule;
  /** Whom its talk rule asks, when that is `ask`. */
  ask?: AskRule;
  /** Whom users may look up. */
  lookup: 'known' | 'agents' | 'everybody';
  budgets: Readonly<Record<Budget, Allowance>>;
  rareLimits: Readonly<Record<RareLimit, Allowance>>;
  files: FileLimits;
  /** Absent: it keeps its messages for ever. */
  retentionDays?: number;
};

export type FileLimits = {
  /** Of one file. */
  bytesMax: number;
  /** Of all files of one user. */
  quotaBytesMax: number;
};

export type TokenRules = {
  key:
    | { from: 'secret'; secret: string; kid?: string; retired?: ReadonlyMap<string, string> }
    | { from: 'file'; path: string }
    | { from: 'url'; url: string };
  algorithms: readonly Algorithm[];
  iss: readonly string[];
  aud: readonly string[];
  typ: string | undefined;
  requireJti: boolean;
  /** Counted from `iat`, which is then demanded in place of `exp`. */
  maxAgeMs: number | undefined;
};

export type Algorithm = 'HS256' | 'RS256' | 'ES256' | 'EdDSA';
export type Spaces = ReadonlyMap<string, Space>;

/** HMAC-SHA256 keys that are shorter than its output can be guessed offline from one token. */
export const secretBytesMin = 32;

/** The secret of a space that everybody knows: for development, and refused in production. */
export const developmentSecret = (space: string) => `dev-only-secret-for-space-${space}`;

/** Every secret made by `developmentSecret`, of whatever space, starts with this. */
const developmentMark = 'dev-only-secret';

const asymmetric: readonly Algorithm[] = ['RS256', 'ES256', 'EdDSA'];
const file = Compile(SpacesFile);

/**
 * Reads the file of spaces. Secrets stand in the environment (`secretEnv`) or in files that it names; paths are relative to the file.
 * @throws Misconfiguration with every problem of every space
 */
export function loadSpaces(path: string, env: Env): Spaces {
  const where = `The file of spaces ${path}`;
  const content = readJson(path, where);
  if (!file.Check(content)) {
    throw new Misconfiguration(
      where,
      problemsOf(file.Errors(content)).map(({ path: place, message }) => `${place || '/'} ${message}`),
    );
  }
  const problems: string[] = [];
  const spaces = Object.entries(content.spaces).map(([name, entry]) => {
    const complain = (problem: string) => problems.push(`space "${name}": ${problem}`);
    return toSpace(name, entry, { env, folder: dirname(resolve(path)), complain });
  });
  if (spaces.length === 0) problems.push('it names no space');
  if (problems.length > 0) throw new Misconfiguration(where, problems);
  return new Map(spaces.map((space) => [space.name, space]));
}

/** Nobody may talk in a space that is not in the file. */
export const talkRuleIn = (spaces: Spaces, space: string): TalkRule => spaces.get(space)?.talk ?? 'support';

/** The spaces that do not keep their messages for ever, and for how many days they do. */
export const retentionIn = (spaces: Spaces): ReadonlyMap<string, number> =>
  new Map([...spaces].flatMap(([name, { retentionDays: days }]) => (days === undefined ? [] : [[name, days]])));

export const lookupIn = (spaces: Spaces, space: string): Space['lookup'] => spaces.get(space)?.lookup ?? 'known';

/** A space with a development secret, and what every other field means when it is absent. */
export function developmentSpace(name: string): Space {
  const entry: SpaceEntry = { dialect: 'native', tokens: { secret: developmentSecret(name) } };
  return toSpace(name, entry, { env: {}, folder: '.', complain: () => undefined });
}

type Context = { env: Env; folder: string; complain: (problem: string) => void };

function toSpace(name: string, entry: SpaceEntry, context: Context): Space {
  if (isProduction(context)) checkOrigins(entry, context);
  return {
    name,
    dialect: entry.dialect,
    port: entry.port,
    hosts: entry.hosts ?? [],
    origins: entry.origins ?? [],
    tokens: toTokenRules(name, entry.tokens, context),
    ...(entry.accounts && { accounts: toAccounts(entry, context) }),
    ...toTalk(entry, context),
    lookup: entry.lookup ?? 'known',
    budgets: { ...budgets, ...entry.limits?.budgets },
    rareLimits: { ...rareLimits, ...entry.limits?.rare },
    files: {
      bytesMax: entry.limits?.fileBytesMax ?? limits.fileBytesMax,
      quotaBytesMax: entry.limits?.fileQuotaBytesMax ?? limits.fileQuotaBytesMax,
    },
    ...(entry.retentionDays !== undefined && { retentionDays: entry.retentionDays }),
  };
}

function toTalk({ talk = 'anybody' }: SpaceEntry, context: Context): Pick<Space, 'talk' | 'ask'> {
  if (typeof talk === 'string') return { talk };
  const { env, complain } = context;
  const { value: secret = '', problem } = readSecret(env, talk.secretEnv);
  if (problem !== undefined) complain(`talk.secretEnv: ${problem}`);
  else if (Buffer.byteLength(secret) < secretBytesMin) {
    complain(`talk.secretEnv: the variable ${talk.secretEnv} holds no secret of at least ${secretBytesMin} bytes`);
  }
  if (isProduction(context) && !talk.ask.startsWith('https:')) complain('talk.ask: production demands https');
  return { talk: 'ask', ask: { url: talk.ask, secret } };
}

const isProduction = ({ env }: Context): boolean => env['NODE_ENV'] === 'production';

function checkOrigins({ origins }: SpaceEntry, { complain }: Context): void {
  const remedy = 'name the web pages that may connect ("origins": ["https://app.example"]), or none ([])';
  if (origins === undefined) complain(`origins: production wants them said; ${remedy}`);
  else if (origins.includes('*')) complain(`origins: production opens no space to every web page (*); ${remedy}`);
}

const minuteMs = 60_000;
const dayMs = 86_400_000;

function toAccounts({ accounts = {}, tokens }: SpaceEntry, { complain }: Context): Required<Space>['accounts'] {
  if (tokens.secret === undefined && tokens.secretEnv === undefined)
    complain('accounts: Parley signs their tokens itself, which needs tokens.secretEnv');
  return { accessMs: accounts.accessMs ?? 15 * minuteMs, refreshMs: accounts.refreshMs ?? 30 * dayMs };
}

function toTokenRules(space: string, entry: TokenEntry, context: Context): TokenRules {
  const key = toKey(space, entry, context);
  const possible: readonly Algorithm[] = key.from === 'secret' ? ['HS256'] : asymmetric;
  const algorithms = entry.algorithms ?? possible;
  // One key must never serve two families: a public key taken as an HMAC secret lets everybody sign.
  const foreign = algorithms.filter((algorithm) => !possible.includes(algorithm));
  if (foreign.length > 0)
    context.complain(`tokens.algorithms: ${foreign.join(', ')} cannot be verified with this kind of key`);
  return {
    key,
    algorithms,
    iss: list(entry.iss),
    aud: list(entry.aud),
    typ: entry.typ,
    requireJti: entry.requireJti ?? false,
    maxAgeMs: entry.maxAgeMs,
  };
}

function toKey(space: string, entry: TokenEntry, context: Context): TokenRules['key'] {
  const { env, folder, complain } = context;
  const named = (['secret', 'secretEnv', 'jwksFile', 'jwksUrl'] as const).filter((name) => entry[name] !== undefined);
  if (named.length !== 1) complain('tokens: name exactly one of secret, secretEnv, jwksFile and jwksUrl');
  if (entry.jwksFile !== undefined) return { from: 'file', path: resolve(folder, entry.jwksFile) };
  const production = isProduction(context);
  if (entry.jwksUrl !== undefined) {
    if (production && !entry.jwksUrl.startsWith('https:')) complain('tokens.jwksUrl: production demands https');
    return { from: 'url', url: entry.jwksUrl };
  }
  const held: Secret = entry.secretEnv === undefined ? {} : readSecret(env, entry.secretEnv);
  const secret = entry.secret ?? held.value ?? '';
  if (held.problem !== undefined) complain(`tokens.secretEnv: ${held.problem}`);
  else if (secret === '' && entry.secretEnv !== undefined)
    complain(`tokens.secretEnv: the variable ${entry.secretEnv} is not set`);
  else if (secret.startsWith(developmentMark) && production)
    complain(`tokens: a development secret is refused in production; ${replacement(space, entry)}`);
  else if (secret !== developmentSecret(space) && Buffer.byteLength(secret) < secretBytesMin) {
    complain(
      `tokens: the secret has ${Buffer.byteLength(secret)} bytes, HS256 needs ${secretBytesMin} (try: openssl rand -base64 48)`,
    );
  }
  const retired = retiredSecrets(entry, context);
  return {
    from: 'secret',
    secret,
    ...(entry.kid !== undefined && { kid: entry.kid }),
    ...(retired.size > 0 && { retired }),
  };
}

function retiredSecrets({ kid: signing, retired = {} }: TokenEntry, context: Context): Map<string, string> {
  const complain = (problem: string) => context.complain(`tokens.retired: ${problem}`);
  return new Map(
    Object.entries(retired).map(([kid, variable]) => {
      const { value = '', problem } = readSecret(context.env, variable);
      if (problem !== undefined) complain(problem);
      else if (Buffer.byteLength(value) < secretBytesMin)
        complain(`the variable ${variable} holds no secret of at least ${secretBytesMin} bytes`);
      else if (isProduction(context) && value.startsWith(developmentMark))
        complain(`a development secret is refused in production; take ${kid} out`);
      if (kid === signing) complain(`${kid} is the secret that signs`);
      return [kid, value] as const;
    }),
  );
}

/** How a space gets a secret of its own: never written into the file, which is checked in. */
function replacement(space: string, { secretEnv }: TokenEntry): string {
  const fresh = 'to a secret of your own (try: openssl rand -base64 48)';
  if (secretEnv !== undefined) return `set ${secretEnv} ${fresh}`;
  const variable = secretVariable(space);
  return `write "secretEnv": "${variable}" in place of "secret", and set ${variable} ${fresh}`;
}

function list(value: string | string[] | undefined): readonly string[] {
  return value === undefined ? [] : [value].flat();
}

function readJson(path: string, where: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Misconfiguration(where, [error instanceof Error ? error.message : String(error)]);
  }
}
