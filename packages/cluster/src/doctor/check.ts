import type { Facts } from './facts/facts.ts';

/** `error`: something promised is not kept, or will not be. `warning`: it bites later, or under load. */
export type Complaint = { level: 'error' | 'warning'; problem: string; remedy: string };

export type Finding = Complaint & { check: string };

/** One thing that bites. */
export type Check = {
  name: string;
  /** @returns `undefined` where what it judges was not asked, or did not answer */
  find: (facts: Facts) => Complaint[] | undefined;
};

export const error = (problem: string, remedy: string): Complaint => ({ level: 'error', problem, remedy });
export const warning = (problem: string, remedy: string): Complaint => ({ level: 'warning', problem, remedy });
