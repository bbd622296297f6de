import { readResults, resultsDir } from './results.ts';
import { caseTables, goalTable, limitTable, machineText } from './tables.ts';

/** What documents say of the results that are kept in `results/`. */
export const tables = {
  goals: (): string => `${machineText(readResults(resultsDir))}\n\n${goalTable(readResults(resultsDir))}`,
  limits: (): string => limitTable(readResults(resultsDir)),
  cases: (): string => caseTables(readResults(resultsDir)),
};
