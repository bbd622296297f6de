export type Health = {
  /** Whether the store has been silent for so long that this node is of no use. */
  readonly broken: boolean;
  close(): void;
};

/** Some silences in a row, so that a restart of the database does not take every node out at once. */
const failuresMax = 5;
const everyMs = 2_000;

/** Asks the store every two seconds whether it is there. @param ping rejects when it is not */
export function watchHealth(ping: () => Promise<unknown>): Health {
  let failures = 0;
  let asking = false;
  const ask = async () => {
    if (asking) return;
    asking = true;
    await ping().then(
      () => (failures = 0),
      () => (failures += 1),
    );
    asking = false;
  };
  const timer = setInterval(() => void ask(), everyMs);
  return {
    get broken() {
      return failures >= failuresMax;
    },
    close: () => clearInterval(timer),
  };
}
