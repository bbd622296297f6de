import { type Caller, Failure, mustFindFirst, type Parts, refusalOf, run } from '@parley/core';
import {
  type Limiter,
  type Logger,
  type OpenSpan,
  type TraceContext,
  type Tracing,
  wallClockMs,
} from '@parley/node-kit';
import { type CommandName, commands, type Input, limits, type Output, type Refusal } from '@parley/protocol';
import type { CommandMetrics } from './metrics.ts';

export type PerformerParts = {
  parts: Parts;
  /** For the log. */
  connectionId: string;
  limiter: Limiter;
  metrics: CommandMetrics;
  tracing?: Tracing | undefined;
  log: Logger;
  onAnswered: (name: CommandName, input: object) => void;
};

/** @param inputOf the input, parsed; may throw the `Failure` that it is refused with */
export type Perform<N extends CommandName> = (
  inputOf: () => Input<N>,
  answer: (output: Output<N>) => void,
  refuse: (refusal: Refusal) => void,
) => void;

export type Performer = {
  /**
   * Draws one call of a command from the budget of its user, whatever becomes of it.
   * @returns runs it; from there to the store's lane nothing is awaited
   * @throws Failure `rate_limited`
   */
  admit<N extends CommandName>(name: N): Perform<N>;
  /** Commands that wait for their answer. */
  readonly inFlight: number;
};

/**
 * The commands of one connection. Sends are stored in the order of their arrival; only a send that must find its
 * conversation first makes later sends wait for it.
 */
export function createPerformer(
  caller: Caller,
  { parts, connectionId, limiter, metrics, tracing, log, onAnswered }: PerformerParts,
): Performer {
  const { space, userId } = caller;
  let inFlight = 0;
  let sendsBefore: Promise<unknown> | undefined;

  const timed = (trace: TraceContext | undefined): Caller => {
    if (!metrics.isTimed() && !trace) return caller;
    return { ...caller, hops: { receivedAt: wallClockMs(), ...(trace && { trace }) } };
  };

  const traced = (name: CommandName): OpenSpan | undefined => {
    if (!tracing || name !== 'message.send') return undefined;
    const ids = { 'parley.space': space, 'parley.user_id': userId, 'parley.connection_id': connectionId };
    return tracing.begin(name, { kind: 'server', ids });
  };

  const inOrder = <N extends CommandName>(name: N, input: Input<N>, trace: TraceContext | undefined) => {
    if (name !== 'message.send') return run(parts, caller, name, input);
    const asked = timed(trace);
    const mustWait = sendsBefore !== undefined || mustFindFirst(parts, caller, input);
    if (!mustWait && sendsBefore === undefined) return run(parts, asked, name, input);
    const running = (sendsBefore ?? Promise.resolve()).then(() => run(parts, asked, name, input));
    const settled = running.then(ignore, ignore).then(() => {
      if (sendsBefore === settled) sendsBefore = undefined;
    });
    sendsBefore = settled;
    return running;
  };

  const perform = <N extends CommandName>(name: N, ...[inputOf, answer, refuse]: Parameters<Perform<N>>): void => {
    const done = metrics.begin(name);
    const span = traced(name);
    let input: Input<N> | undefined;
    const ids = () => ({ command: name, space, userId, connectionId, conversationId: conversationOf(input) });
    const failed = (error: unknown) => {
      const refusal = refusalOf(error);
      if (refusal.code === 'internal') log.error({ err: error, ...ids() }, 'a command failed');
      else if (log.isLevelEnabled('debug')) log.debug({ ...ids(), code: refusal.code }, 'a command was refused');
      done(refusal.code);
      span?.end({ error: refusal.code });
      refuse(refusal);
    };
    try {
      if (inFlight >= limits.inFlightCommandsMax) throw new Failure('busy', 'Wait for some answers first.');
      input = inputOf();
    } catch (error) {
      return failed(error);
    }
    inFlight += 1;
    inOrder(name, input, span?.context).then(
      (output) => {
        inFlight -= 1;
        done('ok');
        span?.end();
        if (log.isLevelEnabled('debug')) log.debug(ids(), 'a command was done');
        answer(output);
        onAnswered(name, input);
      },
      (error: unknown) => {
        inFlight -= 1;
        failed(error);
      },
    );
  };

  return {
    admit(name) {
      const retryAfterMs = limiter.take(userId, commands[name].budget);
      if (retryAfterMs === 0) return (...asked) => perform(name, ...asked);
      metrics.begin(name)('rate_limited');
      throw new Failure('rate_limited', undefined, { retryAfterMs });
    },
    get inFlight() {
      return inFlight;
    },
  };
}

const conversationOf = (input: object | undefined): unknown =>
  input && 'conversationId' in input ? input.conversationId : undefined;

function ignore(): void {}
