import type { Role } from '@parley/protocol';
import type { Dialect, View } from './dialect.ts';

/** One of the few ways in which a dialect's events sound, with the name under which it travels between nodes. */
export type Voice = { readonly name: string; readonly view: View };

const roles: readonly Role[] = ['user', 'agent', 'admin'];
/** How somebody hears what is nobody's doing and concerns no conversation. */
export const bystander: View = { role: 'user', own: false, viewing: false };

const known = new WeakMap<Dialect, readonly Voice[]>();

/** Every view that a dialect tells apart. */
export function voicesOf(dialect: Dialect): readonly Voice[] {
  let voices = known.get(dialect);
  if (!voices) known.set(dialect, (voices = made(dialect)));
  return voices;
}

function made(dialect: Dialect): readonly Voice[] {
  const options = {
    role: dialect.hears.includes('role') ? roles : [bystander.role],
    own: dialect.hears.includes('own') ? [false, true] : [bystander.own],
    viewing: dialect.hears.includes('viewing') ? [false, true] : [bystander.viewing],
  };
  return options.role.flatMap((role) =>
    options.own.flatMap((own) =>
      options.viewing.map((viewing) => {
        const view = { role, own, viewing };
        return { name: voiceName(dialect, view), view };
      }),
    ),
  );
}

/** The name of the voice in which somebody hears a dialect. */
export function voiceName({ name, hears }: Pick<Dialect, 'name' | 'hears'>, { role, own, viewing }: View): string {
  if (hears.length === 0) return name;
  const isRole = hears.includes('role') ? `/${role}` : '';
  return `${name}${isRole}${own && hears.includes('own') ? '/own' : ''}${viewing && hears.includes('viewing') ? '/viewing' : ''}`;
}
