/**
 * Something a person can mend: says what is wrong in one sentence, and what to type.
 * The command prints it without a stack and ends with 1; anything else is a defect and keeps its stack.
 */
export class Trouble extends Error {
  override readonly name = 'Trouble';
  /** For programs, which read no sentences. */
  readonly code: string = 'failed';
  /** Commands or sentences, one a line, most likely first. */
  readonly remedy: readonly string[];

  constructor(message: string, remedy: readonly string[] = [], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.remedy = remedy;
  }
}

/** There is no cluster that the command could be about. */
export class NotRunning extends Trouble {
  override readonly code = 'not_running';
}
