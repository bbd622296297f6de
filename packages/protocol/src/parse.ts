import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Refusal } from './answer.ts';
import { type CommandName, commands, type Input } from './commands/index.ts';
import { depthWithin } from './depth.ts';
import { limits } from './limits.ts';

export type Parsed<T> = { ok: true; value: T } | { ok: false; error: Refusal };

/**
 * A check that is compiled once: it names every place that does not fit, at most eight. It takes anything, refuses with
 * `invalid` and never throws; what is nested too deep is refused before the schema sees it.
 */
export function parserOf<S extends TSchema>(schema: S): (input: unknown) => Parsed<Static<S>> {
  const compiled = Compile(schema);
  return (input) => {
    if (!depthWithin(input, limits.jsonDepthMax))
      return refusal('The payload is nested too deep, or has a key `__proto__`.', []);
    if (compiled.Check(input)) return { ok: true, value: input };
    const details = [...compiled.Errors(input)]
      .slice(0, 8)
      .map((e) => ({ path: e.instancePath === '' ? '/' : e.instancePath, message: e.message }));
    return refusal('The payload does not match its schema.', details);
  };
}

function refusal(message: string, details: NonNullable<Refusal['details']>): { ok: false; error: Refusal } {
  return { ok: false, error: { code: 'invalid', message, details } };
}

const parsers = Object.fromEntries(
  Object.entries(commands).map(([name, command]) => [name, parserOf(command.input)]),
) as Record<CommandName, (input: unknown) => Parsed<unknown>>;

/** Parses the payload of a command at the edge; behind it, everybody trusts the type. */
export function parseCommand<N extends CommandName>(name: N, input: unknown): Parsed<Input<N>> {
  return parsers[name](input) as Parsed<Input<N>>;
}
