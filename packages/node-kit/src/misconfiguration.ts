/** A start that cannot succeed: every problem at once, each a line that names its place and its remedy. */
export class Misconfiguration extends Error {
  override readonly name = 'Misconfiguration';
  readonly where: string;
  readonly problems: readonly string[];

  constructor(where: string, problems: readonly string[]) {
    super(`${where} cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.where = where;
    this.problems = problems;
  }

  /** @param hints what may be why, though it is no problem by itself */
  static together(wrong: readonly Misconfiguration[], hints: readonly string[]): Misconfiguration {
    return new Misconfiguration(
      wrong.map(({ where }, i) => (i === 0 ? where : `${where[0]?.toLowerCase()}${where.slice(1)}`)).join(' and '),
      [...wrong.flatMap(({ problems }) => problems), ...hints],
    );
  }
}
