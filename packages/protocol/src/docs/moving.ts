import { movedLines } from '../moving.ts';
import { plain } from './schemas.ts';
import { type Field, fieldsOf } from './signatures.ts';

const row = ({ name, type, meaning }: Field): string =>
  `| \`${name}\` | ${type.replaceAll('|', '\\|')} | ${meaning.replaceAll('|', '\\|')} |`;

/** The fields of each kind of line, for infra/moving.md. */
export const tables: Record<string, () => string> = Object.fromEntries(
  Object.entries(movedLines).map(([kind, schema]) => [
    kind,
    () => {
      const fields = fieldsOf(plain(schema)).filter(({ name }) => name !== 'line');
      return ['| field | type | meaning |', '| --- | --- | --- |', ...fields.map(row)].join('\n');
    },
  ]),
);
