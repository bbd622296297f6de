import { unescape } from 'node:querystring';
import { redisUrls } from './redis-cluster.ts';
import { readSecret } from './secrets.ts';

/** For development: everybody knows it, and production refuses it. */
export const developmentSecretOfFiles = 'dev-only-secret-for-links-of-files';

/** Of the PostgreSQL that `docker-compose.yml` starts when nobody says another: everybody knows it, and production refuses it. */
export const developmentPassword = 'parley';

type Values = Readonly<Record<string, string | undefined>>;

/** What no start in production lets pass, each with its remedy; nothing elsewhere. */
export function refusedInProduction(env: Values): string[] {
  if (env['NODE_ENV'] !== 'production') return [];
  const filesSecret = readSecret(env, 'PARLEY_FILES_SECRET').value ?? developmentSecretOfFiles;
  return [
    ...(env['PARLEY_TLS'] === 'required' ? [] : [tlsRemedy]),
    ...(filesSecret === developmentSecretOfFiles ? [filesSecretRemedy] : []),
    ...['DATABASE_URL', 'DATABASE_DIRECT_URL', 'DATABASE_REPLICA_URL']
      .filter((name) => passwordIn(readSecret(env, name).value) === developmentPassword)
      .map((name) => `${name}: ${passwordRemedy}`),
  ];
}

/** As the driver takes it: what stands behind the question mark wins. */
function passwordIn(text: string | undefined): string | undefined {
  const url = URL.parse(text?.replace('@/', '@socket/') ?? '');
  return url ? url.searchParams.get('password') || unescape(url.password) : undefined;
}

const passwordRemedy =
  'the password of development is refused in production; give the role one of your own (ALTER ROLE … PASSWORD; compose ' +
  'makes a new database with POSTGRES_PASSWORD) and name it here';

const tlsRemedy =
  'PARLEY_TLS: production serves nobody in the clear; give HAProxy a certificate (its PARLEY_TLS_CERT), or let it say ' +
  'who came by https where something before it ends TLS (its PARLEY_FORWARDED_PROTO=https), and set PARLEY_TLS=required';

const filesSecretRemedy =
  'PARLEY_FILES_SECRET: a development secret is refused in production; set it to one of your own (try: openssl rand -base64 48)';

/**
 * What no schema says of one variable: a URL that no driver can take apart, two listeners at one port.
 * @param refused by the schema: one line about a mistake is enough
 */
export function refusedTogether(data: Values, refused: ReadonlyMap<string, string>): string[] {
  const broken = Object.entries(data).flatMap(([name, text = '']) =>
    /^(DATABASE|REDIS|PRESENCE)_.*URL$/.test(name) && text.includes('://') && !refused.has(name) && !isServerUrl(text)
      ? [name]
      : [],
  );
  const { PARLEY_PORT: port, PARLEY_PRIVATE_PORT: privatePort } = data;
  return [
    ...broken.map((name) => `${name} is no URL: percent-encode : / ? # @ % in its password (# is %23, @ is %40)`),
    ...(port !== undefined && port !== '0' && port === privatePort
      ? [`PARLEY_PRIVATE_PORT is ${port}, as PARLEY_PORT is: a node listens at both`]
      : []),
  ];
}

/**
 * Whether a driver can take the URL apart, or each of those of a Redis Cluster. The host of PostgreSQL may be missing: its
 * socket is named behind the question mark then.
 */
export function isServerUrl(text: string): boolean {
  const urls = /^rediss?:/.test(text) ? redisUrls(text) : [text.replace('@/', '@socket/')];
  return urls.every((url) => URL.canParse(url));
}

type Invalid = {
  keyword: string;
  instancePath: string;
  message?: string;
  params: { missingProperty?: string; allowedValues?: readonly string[] };
};

/** What the schema found wrong, in words, by variable. */
export function refusedBySchema(error: unknown, variables: Readonly<Record<string, object>>): Map<string, string> {
  if (!(error instanceof Error && 'errors' in error && Array.isArray(error.errors))) throw error;
  return new Map(
    (error.errors as Invalid[]).map((invalid) => {
      const name = invalid.params.missingProperty ?? invalid.instancePath.slice(1);
      return [name, `${name} ${wordsOf(invalid)}: ${descriptionOf(variables[name])}`];
    }),
  );
}

function wordsOf({ keyword, params, message }: Invalid): string {
  if (keyword === 'required') return 'is not set';
  if (keyword === 'enum') return `has to be one of ${params.allowedValues?.join(', ')}`;
  // The form as a regular expression helps nobody; the description shows one.
  if (keyword === 'pattern') return 'has another form';
  return message ?? 'is invalid';
}

function descriptionOf(variable: object | undefined): string {
  return variable && 'description' in variable && typeof variable.description === 'string' ? variable.description : '';
}
