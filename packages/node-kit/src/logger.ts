import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';
import type { Config } from './config.ts';

/**
 * What must never be read in a log, at the depths at which our own log lines carry it: tokens, what people wrote, and
 * where they are. Whole requests, handshakes and payloads are not logged at all; this is the second net.
 */
const secretFields = ['token', 'authorization', 'cookie', 'body', 'password', 'secret', 'address', 'email'];
const places = ['', '*.', '*.*.', '*.*.*.'];

/** One JSON line for each event, with the node's names. @param destination where lines go; stdout by default */
export function createLogger(
  config: Pick<Config, 'nodeId' | 'slot' | 'logLevel'>,
  destination?: DestinationStream,
): Logger {
  return pino(
    {
      level: config.logLevel,
      base: { nodeId: config.nodeId, slot: config.slot },
      redact: {
        paths: places.flatMap((place) => secretFields.map((field) => `${place}${field}`)),
        censor: '[redacted]',
      },
      serializers: { err: wordsOf },
    },
    destination,
  );
}

/**
 * An error without what drivers hang on it: a refused publish carries the whole frame (ioredis, `command.args`), a
 * violated constraint the whole row (pg, `detail`).
 */
function wordsOf(err: unknown): unknown {
  if (!(err instanceof Error)) return { type: typeof err };
  const { type, message, stack } = stdSerializers.err(err);
  return { type, message, stack, ...('code' in err && { code: err.code }) };
}
