import { Failure, refusalOf } from '@parley/core';
import { type Desk, type Dialect, Refused, type Spoken } from '@parley/dialects';
import { type Answer, type CommandName, commands, type Input, parseCommand, type Refusal } from '@parley/protocol';
import type { DialectMetrics } from './metrics.ts';
import type { Performer } from './performer.ts';

export type Reply = (answer: Answer<CommandName> | { ok: true }) => void;

/** Understands one frame of a client and answers it. Never throws. */
export type Hearing = (name: string, payload: unknown, reply: Reply) => void;

/** The native contract: every command under its own name, answered by its acknowledgement. */
export function hearCommands(performer: Performer, onUnknown: () => void): Hearing {
  return (name, payload, reply) => {
    if (!isCommand(name)) {
      onUnknown();
      return reply({ ok: false, error: { code: 'unknown_command', message: 'No command has this name.' } });
    }
    if (isHttpOnly(name)) {
      return reply({ ok: false, error: refusalOf(new Failure('unknown_command', 'This command is for HTTP.')) });
    }
    const refuse = (error: Refusal) => reply({ ok: false, error });
    try {
      const perform = performer.admit(name);
      perform(
        () => parsed(name, payload),
        (output) => reply({ ok: true, ...output }),
        refuse,
      );
    } catch (error) {
      refuse(refusalOf(error));
    }
  };
}

/**
 * A contract of another product: its events stand for commands, and what comes of them is said by events too. The first
 * command of an event is asked for before anything is awaited, so that sends keep their order.
 * @param say says something to this client alone
 */
export function hearTable(
  { inbound, refusals }: Dialect,
  desk: Desk,
  say: (spoken: readonly Spoken[]) => void,
  metrics: DialectMetrics,
): Hearing {
  const table = inbound === 'commands' ? {} : inbound;
  return (name, payload, reply) => {
    const refuse = (error: Refusal) => {
      say(refusals.event(error));
      reply({ ok: false, error });
    };
    const steps = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!steps) {
      metrics.unknown();
      return refuse({ code: 'unknown_command', message: 'No event has this name.' });
    }
    const done = metrics.begin(name);
    const perform = async () => {
      for (const step of steps) say(await step.run(payload, desk));
      reply({ ok: true });
      done('ok');
    };
    perform().catch((error: unknown) => {
      const refusal = error instanceof Refused ? error.refusal : refusalOf(error);
      done(refusal.code);
      refuse(refusal);
    });
  };
}

export function deskOf(performer: Performer, lent: Pick<Desk, 'fields' | 'me' | 'people'>): Desk {
  return {
    ...lent,
    now: () => new Date(),
    ask(name) {
      const perform = performer.admit(name);
      return (input) =>
        new Promise((resolve, reject) => {
          perform(
            // A contract's own schema is about its shapes; what may be stored, ours says.
            () => parsed(name, input),
            resolve,
            (refusal) => reject(new Refused(refusal)),
          );
        });
    },
  };
}

/** @throws Failure `invalid` */
function parsed<N extends CommandName>(name: N, payload: unknown): Input<N> {
  const found = parseCommand(name, payload);
  if (!found.ok) throw new Failure('invalid', found.error.message, found.error);
  return found.value;
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}

function isHttpOnly(name: CommandName): boolean {
  return 'over' in commands[name];
}
