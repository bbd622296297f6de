import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chartsOf } from './charts.ts';
import { readResults } from './results.ts';
import { caseTables, goalTable, limitTable, machineText } from './tables.ts';

/** Writes `bench.md` and the charts anew from the results that are kept in the folder. Its tables stand between marks, so that `pnpm check` compares them with the numbers. */
export function writeReport(dir: string): void {
  const results = readResults(dir);
  const section = (name: string, text: string) =>
    `<!-- generated: loadtest/bench/docs.ts ${name} -->\n${text.trim()}\n<!-- /generated -->\n`;
  const text = [
    '# What `pnpm bench` measured',
    '',
    'Ratios are taken within a round and given as their median; how to read them is in [loadtest](../README.md).',
    '',
    section('goals', `${machineText(results)}\n\n${goalTable(results)}`),
    '## The limits of the machine',
    '',
    section('limits', limitTable(results)),
    '## Case by case',
    '',
    section('cases', caseTables(results)),
  ];
  writeFileSync(join(dir, 'bench.md'), text.join('\n'));
  for (const [name, svg] of Object.entries(chartsOf(results))) writeFileSync(join(dir, name), svg);
}
