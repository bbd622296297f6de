/** Sends once: the number under which it was stored, or the code of the refusal. */
export type RacingSend = () => Promise<number | string>;

type Race<T> = {
  senders: readonly RacingSend[];
  /** The stopping begins when so many sends were answered. */
  after: number;
  stop: () => Promise<T>;
};

/**
 * Lets every sender send until it is refused, while `stop` forbids it in their midst. However slow the machine is, `after`
 * sends come before the stopping begins, and one of each sender is refused after it. Where nothing refuses, each ends with
 * a send that began when the stopping was answered, and the numbers tell that it was stored.
 */
export async function raceUntilRefused<T>({ senders, after, stop }: Race<T>) {
  const seqs: number[] = [];
  const codes: string[] = [];
  let stopping: Promise<T> | undefined;
  let isStopped = false;
  const begin = () => {
    stopping ??= stop().finally(() => {
      isStopped = true;
    });
    return stopping;
  };
  const sendOn = async (send: RacingSend): Promise<void> => {
    for (;;) {
      if (seqs.length + codes.length >= after) void begin();
      const isLast = isStopped;
      const answer = await send();
      if (typeof answer === 'string') return void codes.push(answer);
      seqs.push(answer);
      if (isLast) return;
    }
  };
  await Promise.all(senders.map(sendOn));
  return { stopped: await begin(), seqs, codes };
}
