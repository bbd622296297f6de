import { type Field, fieldsOf, plain, table } from '@parley/protocol/docs';
import { AccountsEntry, Allowance, AskEntry, RareAllowance, SpaceEntry, TokenEntry } from './spaces-file.ts';

/** The fields of `infra/spaces.json`, for `infra/spaces.md`. */
export const tables: Record<string, () => string> = {
  space: () => rows(fieldsOf(plain(SpaceEntry)).filter(({ meaning }) => meaning !== '')),
  tokens: () => rows(fieldsOf(plain(TokenEntry))),
  ask: () => rows(fieldsOf(plain(AskEntry))),
  accounts: () => rows(fieldsOf(plain(AccountsEntry))),
  allowance: () => rows(fieldsOf(plain(Allowance))),
  'rare-allowance': () => rows(fieldsOf(plain(RareAllowance))),
};

function rows(fields: readonly Field[]): string {
  return table(
    ['field', 'type', 'meaning'],
    fields.map(({ name, type, meaning }) => [`\`${name}\``, type, meaning]),
  );
}
