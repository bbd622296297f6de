/** Clients choose moments of their own within a second: even turns at this share of the budget stay within it. */
export const PACE = 0.75;
