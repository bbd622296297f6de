import { migrations } from '@parley/store-postgres';
import { type Check, type Complaint, error, warning } from '../check.ts';
import type { Taken } from '../facts/postgres.ts';

export const schema: Check = {
  name: 'schema version',
  find: ({ postgres }) => {
    if (!postgres) return undefined;
    if (!postgres.taken) return [error('the database has no schema', 'Start a node: the first one makes it.')];
    const { taken } = postgres;
    const open = migrations.filter(({ number }) => taken.every((step) => step.number !== number));
    return [
      ...taken.flatMap(judge),
      ...(open.length === 0
        ? []
        : [
            warning(
              `the schema lacks ${open.map(({ number, name }) => `${number} "${name}"`).join(', ')}`,
              'Start a node of this version: it takes the open steps before it serves.',
            ),
          ]),
    ];
  },
};

function judge({ number, name, older_nodes: olderNodes }: Taken): Complaint[] {
  const ours = migrations.find((migration) => migration.number === number);
  if (ours?.name === name) return [];
  if (ours) {
    return [
      error(
        `step ${number} of the schema is "${name}", ours is "${ours.name}"`,
        'This is the database of another product or branch.',
      ),
    ];
  }
  return olderNodes === 'survive'
    ? [warning(`the schema is newer than this version: ${number} "${name}"`, 'Finish the rolling upgrade.')]
    : [
        error(
          `this version cannot live beside step ${number} "${name}" of the schema`,
          'Use the newer version everywhere.',
        ),
      ];
}
