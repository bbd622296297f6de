import { fieldsOf, plain, table } from '@parley/protocol/docs';
import { Environment } from './config.ts';

/** The variables of a node, for `infra/environment.md`. */
export const tables: Record<string, () => string> = { node };

function node(): string {
  const defaults = new Map(Object.entries<object>(Environment.properties).map(([name, it]) => [name, defaultOf(it)]));
  return table(
    ['variable', 'value', 'default', 'meaning'],
    fieldsOf(plain(Environment)).map(({ name, type, meaning }) => {
      const variable = name.replace('?', '');
      // Those that may be absent have no default that a table could show: their meaning says it.
      const otherwise = defaults.get(variable) ?? (name.endsWith('?') ? '' : '**must be set**');
      return [`\`${variable}\``, type.replace(/, default .*/, ''), otherwise, meaning];
    }),
  );
}

const defaultOf = (schema: object): string | undefined =>
  'default' in schema ? `\`${String(schema.default)}\`` : undefined;
