import { type Caller, Failure, type Parts, refusalOf, run } from '@parley/core';
import type { Limiter, Logger } from '@parley/node-kit';
import {
  type Answer,
  type CommandName,
  commands,
  type Input,
  limits,
  parseCommand,
  type Refusal,
} from '@parley/protocol';
import type { CommandMetrics } from './metrics.ts';

type Reply = (answer: Answer<CommandName>) => void;

/** Frames that one connection may send in a second: beyond, it is cut, because even a refusal costs an answer. */
const framesPerSecondMax = 2_000;

export type Inbound = {
  /** Takes one frame: checks it, runs it and answers. Never throws. */
  take(name: string, args: readonly unknown[]): void;
  /** Lets the frames in that waited for the session to be ready, in their order. */
  open(): void;
  /** Commands that wait for their answer. */
  readonly inFlight: number;
};

export type InboundParts = {
  parts: Parts;
  limiter: Limiter;
  metrics: CommandMetrics;
  log: Logger;
  onFlood: () => void;
  onAnswered: (name: CommandName, input: object) => void;
};

/**
 * The commands of one connection. From the first check to the store's lane nothing is awaited, so that sends are stored
 * in the order of their arrival; only a send that must find its conversation first makes later sends wait for it.
 */
export function createInbound(
  caller: Caller,
  { parts, limiter, metrics, log, onFlood, onAnswered }: InboundParts,
): Inbound {
  const waiting: (() => void)[] = [];
  let opened = false;
  let inFlight = 0;
  let sendsBefore: Promise<unknown> | undefined;
  let windowAt = performance.now();
  let frames = 0;

  const flooding = () => {
    const now = performance.now();
    if (now - windowAt >= 1000) {
      windowAt = now;
      frames = 0;
    }
    frames += 1;
    return frames > framesPerSecondMax;
  };

  const inOrder = <N extends CommandName>(name: N, input: Input<N>) => {
    if (name !== 'message.send') return run(parts, caller, name, input);
    const mustFindFirst = 'peerId' in input;
    if (!mustFindFirst && sendsBefore === undefined) return run(parts, caller, name, input);
    const running = (sendsBefore ?? Promise.resolve()).then(() => run(parts, caller, name, input));
    const settled = running.then(ignore, ignore).then(() => {
      if (sendsBefore === settled) sendsBefore = undefined;
    });
    sendsBefore = settled;
    return running;
  };

  const perform = (name: CommandName, payload: unknown, reply: Reply) => {
    const done = metrics.begin(name);
    const refuse = (error: Refusal) => {
      done(error.code);
      reply({ ok: false, error });
    };
    const refusal = refusalBefore(name, inFlight);
    if (refusal) return refuse(refusal);
    const parsed = parseCommand(name, payload);
    if (!parsed.ok) return refuse(parsed.error);
    const retryAfterMs = limiter.take(caller.userId, commands[name].budget);
    if (retryAfterMs > 0) return refuse(refusalOf(new Failure('rate_limited', undefined, { retryAfterMs })));

    inFlight += 1;
    inOrder(name, parsed.value).then(
      (output) => {
        inFlight -= 1;
        done('ok');
        reply({ ok: true, ...output });
        onAnswered(name, parsed.value);
      },
      (error: unknown) => {
        inFlight -= 1;
        if (!(error instanceof Failure) || error.code === 'internal') {
          log.error({ err: error, command: name, space: caller.space, userId: caller.userId }, 'a command failed');
        }
        refuse(refusalOf(error));
      },
    );
  };

  return {
    take(name, args) {
      if (flooding()) return onFlood();
      const reply = replyOf(args);
      const payload = typeof args[0] === 'function' ? undefined : args[0];
      if (!isCommand(name)) {
        metrics.unknown();
        return reply({ ok: false, error: { code: 'unknown_command', message: 'No command has this name.' } });
      }
      if (opened) return perform(name, payload, reply);
      if (waiting.length >= limits.inFlightCommandsMax) {
        return reply({ ok: false, error: refusalOf(new Failure('busy')) });
      }
      waiting.push(() => perform(name, payload, reply));
    },
    open() {
      opened = true;
      for (const perform of waiting.splice(0)) perform();
    },
    get inFlight() {
      return inFlight;
    },
  };
}

function refusalBefore(name: CommandName, inFlight: number): Refusal | undefined {
  if (isHttpOnly(name)) return refusalOf(new Failure('unknown_command', 'This command is for HTTP.'));
  if (inFlight >= limits.inFlightCommandsMax) return refusalOf(new Failure('busy', 'Wait for some answers first.'));
  return undefined;
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}

function isHttpOnly(name: CommandName): boolean {
  return 'over' in commands[name];
}

/** A client may leave the acknowledgement out; its command runs all the same. */
function replyOf(args: readonly unknown[]): Reply {
  const last = args.at(-1);
  return typeof last === 'function' ? (answer) => void last(answer) : ignore;
}

function ignore(): void {}
