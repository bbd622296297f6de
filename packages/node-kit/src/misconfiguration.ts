/** A start that cannot succeed: every problem at once, each a line that names its place and its remedy. */
export class Misconfiguration extends Error {
  override readonly name = 'Misconfiguration';
  readonly problems: readonly string[];

  constructor(where: string, problems: readonly string[]) {
    super(`${where} cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}
