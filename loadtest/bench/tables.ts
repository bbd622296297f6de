import { type CaseName, caseNames } from './cases.ts';
import { type Goal, goals, isReached, type Readings, spreadOfGoal } from './goals.ts';
import { floorOf, shareOf } from './floor.ts';
import { limitMetrics, limitNames } from './limits/values.ts';
import { markdownTable, numberText, spreadText } from './markdown.ts';
import { metricNames, metrics } from './readings.ts';
import type { Result, Results } from './results.ts';
import { spreadOf } from './statistics.ts';

const membersOfRooms = 10;

/** What the project wants, and what it got: median and range of the rounds. */
export function goalTable(results: Results): string {
  const rows = goals.map((goal) => {
    const spread = spreadOfGoal(goal, results[goal.of]?.rounds ?? []);
    const measured = spread ? `${goal.against ? '×' : ''}${spreadText(spread, 3)}` : 'not measured';
    return [goal.measure, boundText(goal), measured, spread ? (isReached(goal, spread) ? 'yes' : '**no**') : ''];
  });
  return markdownTable([['measure', 'goal', 'measured, median (min–max)', 'reached'], ...rows, floorRow(results)]);
}

const floorGoal = { bound: { atLeast: 0.8 } };

/** The share of the least that a message can cost, when each delivery is a write of its own. */
function floorRow({ limits, 'rooms-of-10': rooms }: Results): string[] {
  const floor = limits && floorOf(limits, membersOfRooms);
  const share = floor && shareOf(floor.alone, rooms?.rounds ?? []);
  return [
    'share of the CPU floor: floor ÷ measured, rooms of 10',
    `≥ ${floorGoal.bound.atLeast}`,
    share ? spreadText(share, 3) : 'not measured',
    share ? (isReached(floorGoal, share) ? 'yes' : '**no**') : '',
  ];
}

/** The limits of this machine, and the floor that they make. */
export function limitTable({ limits, 'rooms-of-10': rooms }: Results): string {
  const floor = limits && floorOf(limits, membersOfRooms);
  if (!limits || !floor) return 'The limits are not measured yet.';
  const spread = (values: readonly number[], digits: number) => spreadText(spreadOf(values), digits);
  const shared = shareOf(floor.ofEight, rooms?.rounds ?? []);
  const alone = shareOf(floor.alone, rooms?.rounds ?? []);
  const table = markdownTable([
    ['what this machine can do at most, part by part', 'median (min–max)'],
    ...limitNames.map((name) => {
      const { label, digits } = limitMetrics[name];
      return [
        label,
        spread(
          limits.rounds.map((values) => values[name]),
          digits,
        ),
      ];
    }),
    ['**floor** of a message to 10, each delivery a write of its own, µs', numberText(floor.alone, 0)],
    ['· floor ÷ what ours measured', alone ? spreadText(alone, 2) : ''],
    ['**floor** when eight deliveries share a write, µs', numberText(floor.ofEight, 0)],
    ['· floor ÷ what ours measured', shared ? spreadText(shared, 2) : ''],
  ]);
  return `${table}\n\nIn batches of ${limits.rowsPerBatch}, as ours had them in \`rooms-of-10\`.`;
}

function boundText({ bound, against }: Goal): string {
  const times = against ? '×' : '';
  return 'atLeast' in bound ? `≥ ${bound.atLeast}${times}` : `≤ ${bound.atMost}${times}`;
}

/** Every case: what it asks, and all that was read of each system. */
export function caseTables(results: Results): string {
  return caseNames
    .flatMap((name) => results[name] ?? [])
    .map((result) => `### \`${result.case}\`\n\n${result.asks}\n\n${caseTable(result)}\n\n${auditText(result)}`)
    .join('\n\n');
}

export function caseTable({ rounds }: Result): string {
  const labels = labelsOf(rounds);
  const rows = metricNames.flatMap((metric) => {
    const { label, digits } = metrics[metric];
    const cells = labels.map((name) => {
      const values = rounds.flatMap((round) => round[name]?.values[metric] ?? []);
      return values.length === 0 ? '' : spreadText(spreadOf(values), digits);
    });
    return cells.every((cell) => cell === '') ? [] : [[label, ...cells]];
  });
  return markdownTable([['median (min–max)', ...labels], ...rows]);
}

function auditText(result: Result): string {
  const { rounds, discarded, at } = result;
  const faults = faultsOf(result);
  const told = faults.length === 0 ? 'audit passed' : `audit **failed**: ${faults.join('; ')}`;
  const again = discarded.length > 0 ? `, ${discarded.length} played again because others disturbed them` : '';
  return `${at.slice(0, 10)}, ${rounds.length} ${rounds.length === 1 ? 'round' : 'rounds'}${again}; ${told}.`;
}

export function faultsOf({ rounds }: Pick<Result, 'rounds'>): string[] {
  return rounds.flatMap((round, index) =>
    Object.entries(round).flatMap(([label, reading]) =>
      (reading?.faults ?? []).map((fault) => `round ${index + 1}, ${label}: ${fault}`),
    ),
  );
}

export function labelsOf(rounds: readonly Readings[]): string[] {
  return [...new Set(rounds.flatMap((round) => Object.keys(round)))];
}

/** Stands above the tables: where they were measured. */
export function machineText(results: Results): string {
  const [first] = caseNames.flatMap((name: CaseName) => results[name] ?? []);
  if (!first) return 'Nothing is measured yet: `pnpm bench` writes it here.';
  const { machine, versions } = first;
  const { cores, cpu, memoryGiB } = machine;
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${cores} cores (${cpu}), ${memoryGiB} GiB, shared by servers, stores and generator; ${software.join(', ')}.`;
}
