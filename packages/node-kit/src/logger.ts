import { type DestinationStream, type Logger, pino } from 'pino';
import type { Config } from './config.ts';

/**
 * What must never be read in a log, at the depths at which our own log lines carry it: tokens, and what people wrote.
 * Whole requests, handshakes and payloads are not logged at all; this is the second net.
 */
const secretFields = ['token', 'authorization', 'cookie', 'body', 'password', 'secret'];
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
    },
    destination,
  );
}
