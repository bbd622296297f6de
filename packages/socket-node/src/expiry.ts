/** The longest delay that a timer of Node takes; a longer one would fire at once. */
const timerMsMax = 2 ** 31 - 1;

/** Calls `onEnd` once when `at` has come; `set` moves it. */
export function createExpiry(onEnd: () => void) {
  let timer: NodeJS.Timeout | undefined;
  const arm = (at: Date) => {
    const leftMs = at.getTime() - Date.now();
    timer = leftMs > timerMsMax ? setTimeout(arm, timerMsMax, at) : setTimeout(onEnd, Math.max(0, leftMs));
    timer.unref();
  };
  return {
    set(at: Date | undefined) {
      clearTimeout(timer);
      if (at) arm(at);
    },
    clear: () => clearTimeout(timer),
  };
}
