import {
  type Compilable,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  sql,
} from 'kysely';
import type { Database } from './schema.ts';

/** Builds and never runs: Kysely gives the types and the text, `pg` runs the text by its name. */
export const query = new Kysely<Database>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/** Stands for an argument in the text of a statement, as an expression of the argument's type. */
export type Slot<A> = <K extends keyof A & string>(key: K) => RawBuilder<A[K]>;

export type Statement<A, R> = {
  /** Under this name each connection prepares it once. */
  name: string;
  text: string;
  values: (args: A) => unknown[];
  /** Never there; carries the type of the rows. */
  row?: R;
};

type Argument = { argument: string };
const isArgument = (value: unknown): value is Argument =>
  typeof value === 'object' && value !== null && 'argument' in value;

const all: { name: string; text: string }[] = [];

/** Every statement that was made so far, for the golden file. */
export const statements: readonly { name: string; text: string }[] = all;

/**
 * A query that is compiled once, when its file is loaded. Compiling on each call costs 10 us, and a text without a name
 * is parsed and planned anew each time: 287 us of Node's CPU for a page of history through `.execute()`, 159 this way.
 * @param name unique; it is the name of the prepared statement and of the entry in `queries.golden.sql`
 */
export function statement<A extends object, R>(name: string, build: (slot: Slot<A>) => Compilable<R>): Statement<A, R> {
  const slot: Slot<A> = (key) => {
    const argument: Argument = { argument: key };
    return sql`${argument}`;
  };
  const compiled = build(slot).compile();
  const parts = compiled.parameters.map((p) => (isArgument(p) ? (p.argument as keyof A) : { constant: p }));
  all.push({ name, text: compiled.sql });
  return {
    name,
    text: compiled.sql,
    values: (args) => parts.map((part) => (typeof part === 'object' ? part.constant : args[part])),
  };
}
