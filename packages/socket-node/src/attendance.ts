type Options = {
  come: () => void;
  go: () => void;
  /** Without a beat for this long, the connection does not count any more, although it is open. Absent: it always counts. */
  timeoutMs: number | undefined;
};

export type Attendance = {
  /** Here I am: begins to count again, if it had stopped. */
  readonly beat: () => void;
  readonly end: () => void;
};

/** Whether one connection makes its user present. It comes when it is made: connecting counts as a beat. */
export function createAttendance({ come, go, timeoutMs }: Options): Attendance {
  let here = false;
  const leave = () => {
    if (here) go();
    here = false;
  };
  const timer = timeoutMs === undefined ? undefined : setTimeout(leave, timeoutMs);
  const beat = () => {
    timer?.refresh();
    if (!here) come();
    here = true;
  };
  beat();
  return {
    beat,
    end() {
      clearTimeout(timer);
      leave();
    },
  };
}
