import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Problem, Refusal } from './answer.ts';
import { type CommandName, commands, type Input } from './commands/index.ts';
import { nestingProblem } from './depth.ts';
import { limits } from './limits.ts';
import { problemsOf } from './problems.ts';

/** Places that one refusal names. */
const placesMax = 8;

export type Parsed<T> = { ok: true; value: T } | { ok: false; error: Refusal };

/**
 * A check that is compiled once: it names every place that does not fit, at most eight. It takes anything, refuses with
 * `invalid` and never throws; what is nested too deep is refused before the schema sees it.
 */
export function parserOf<S extends TSchema>(schema: S): (input: unknown) => Parsed<Static<S>> {
  const compiled = Compile(schema);
  return (input) => {
    const nesting = nestingProblem(input, limits.jsonDepthMax);
    if (nesting) return refusal([nesting]);
    if (compiled.Check(input)) return { ok: true, value: input };
    return refusal(problemsOf(compiled.Errors(input)));
  };
}

/** Its message names the first place, for those who print nothing else. */
export function refusal(problems: readonly Problem[]): { ok: false; error: Refusal } {
  const details = problems
    .slice(0, placesMax)
    .map(({ path, message }) => ({ path: path === '' ? '/' : path, message }));
  const [first] = details;
  const subject = first?.path === '/' ? 'it' : first?.path;
  const message = `The payload does not match its schema${first ? `: ${subject} ${first.message}` : ''}.`;
  return { ok: false, error: { code: 'invalid', message, details } };
}

const parsers = Object.fromEntries(
  Object.entries(commands).map(([name, command]) => [name, parserOf(command.input)]),
) as Record<CommandName, (input: unknown) => Parsed<unknown>>;

/** Parses the payload of a command at the edge; behind it, everybody trusts the type. */
export function parseCommand<N extends CommandName>(name: N, input: unknown): Parsed<Input<N>> {
  return parsers[name](input) as Parsed<Input<N>>;
}
