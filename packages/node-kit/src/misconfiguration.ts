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

  static together(wrong: readonly Misconfiguration[]): Misconfiguration {
    const [first, ...others] = wrong;
    if (first && others.length === 0) return first;
    return new Misconfiguration(
      wrong.map(({ where }, i) => (i === 0 ? where : `${where[0]?.toLowerCase()}${where.slice(1)}`)).join(' and '),
      wrong.flatMap(({ problems }) => problems),
    );
  }
}
