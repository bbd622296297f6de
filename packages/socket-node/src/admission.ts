type Admitted = { ok: true } | { ok: false; retryAfterMs: number };

/** How many new sessions a node takes. The rest is told when to come back, so that a storm of them becomes a queue. */
export type Admission = {
  take(): Admitted;
  /** As `take`, but takes nothing: whoever would be refused need not be asked anything else. */
  look(): Admitted;
  /** A session is being opened, from its token on. @returns what says that it is ready or gone, however often it is called */
  opening(): () => void;
};

export type AdmissionLimits = {
  /** Sessions a second: of a node that has no time or has taken nobody lately, and of one that has nothing else to do. */
  perSecond: { min: number; max: number };
  /** The share of its time, from 0 to 1, that a node may be busy until it takes fewer. */
  busyMax: number;
  /** At once, after a quiet time. */
  burst: number;
  /** Sessions that are opened at the same time. */
  openingMax: number;
  /** The longest that anybody is told to stay away. */
  retryAfterMsMax: number;
};

const adjustEveryMs = 100;
const adjustment = { min: 0.5, max: 1.1 };
/** After so long without anybody the rate begins at its minimum again. */
const quietMs = 1_000;

/**
 * A token bucket whose rate follows what the node has left: what new sessions cost is taken from those who are here. It
 * begins low, because whoever brings a storm has just died, and all that end its connections need the same cores.
 * Nor are more than `openingMax` opened at a time, because more of them under way make none of them ready sooner where
 * another process is what they wait for. Numbers: infra/decisions/admission.md.
 * @param busy the share of the time since it was last asked that this process was busy, from 0 to 1
 */
export function createAdmission(limits: AdmissionLimits, busy: () => number): Admission {
  const { burst, openingMax, busyMax, retryAfterMsMax } = limits;
  let perSecond = limits.perSecond.min;
  let tokens = burst;
  let at = performance.now();
  let adjustedAt = at;
  let underWay = 0;
  /** Those who were refused come back one after the other: the last one then. */
  let awaitedUntil = 0;

  const adjust = (now: number): void => {
    if (now - adjustedAt < adjustEveryMs) return;
    if (now - adjustedAt >= quietMs) perSecond = limits.perSecond.min;
    adjustedAt = now;
    perSecond = clamp(perSecond * clamp(busyMax / busy(), adjustment), limits.perSecond);
  };

  const refuse = (now: number): Admitted => {
    awaitedUntil = Math.max(now, awaitedUntil) + 1_000 / perSecond;
    const waitMs = awaitedUntil - now;
    if (waitMs <= retryAfterMsMax) return { ok: false, retryAfterMs: Math.ceil(waitMs) };
    // More than can be told apart: they are spread over the second half.
    awaitedUntil = now + retryAfterMsMax;
    return { ok: false, retryAfterMs: Math.ceil(retryAfterMsMax * (1 - Math.random() / 2)) };
  };

  const look = (): Admitted => {
    const now = performance.now();
    tokens = Math.min(burst, tokens + ((now - at) / 1000) * perSecond);
    at = now;
    adjust(now);
    return tokens < 1 || underWay >= openingMax ? refuse(now) : { ok: true };
  };

  return {
    look,
    take() {
      const admitted = look();
      if (admitted.ok) tokens -= 1;
      return admitted;
    },
    opening() {
      let isOver = false;
      underWay += 1;
      return () => {
        if (isOver) return;
        isOver = true;
        underWay -= 1;
      };
    },
  };
}

const clamp = (value: number, { min, max }: { min: number; max: number }): number =>
  Math.min(max, Math.max(min, value));
