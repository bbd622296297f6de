/** How many new sessions a node takes. The rest is told when to come back, so that a storm of them becomes a queue. */
export type Admission = { take(): { ok: true } | { ok: false; retryAfterMs: number } };

/** A token bucket: `perSecond` sessions, and up to `burst` at once after a quiet time. */
export function createAdmission({ perSecond, burst }: { perSecond: number; burst: number }): Admission {
  let tokens = burst;
  let at = performance.now();
  return {
    take() {
      const now = performance.now();
      tokens = Math.min(burst, tokens + ((now - at) / 1000) * perSecond);
      at = now;
      if (tokens >= 1) {
        tokens -= 1;
        return { ok: true };
      }
      // Spread over what the bucket needs to fill again, or all who were refused come back at once.
      const waitMs = ((1 - tokens) / perSecond) * 1000 + Math.random() * (burst / perSecond) * 1000;
      return { ok: false, retryAfterMs: Math.ceil(waitMs) };
    },
  };
}
