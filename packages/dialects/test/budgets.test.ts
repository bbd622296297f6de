import { type CommandName, stranger } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { type Desk, dialects, native, Refused, refused, withImported } from '../src/index.ts';

/** A desk that notes whose budget is drawn on, of somebody in a space that has imports and knows none of the ids. */
function deskAt() {
  const drawn: CommandName[] = [];
  const looked: (readonly CommandName[])[] = [];
  const desk: Desk = {
    fields: {},
    me: { userId: '7', role: 'user' },
    people: async (userIds) => userIds.map(stranger),
    now: () => new Date(0),
    ask(name) {
      drawn.push(name);
      return () => Promise.reject(refused('not_found'));
    },
  };
  const find = async () => void looked.push([...drawn]);
  const ids = { areIn: () => true, of: async () => new Map(), find };
  return { drawn, looked, desk, imported: { space: 'a', ids } };
}

describe.each(Object.values(dialects).filter(({ name }) => name !== native.name))('in $name', (dialect) => {
  const inbound = dialect.inbound === 'commands' ? [] : Object.entries(dialect.inbound);
  const steps = [
    ...inbound.flatMap(([name, steps]) => steps.map((step) => [name, step] as const)),
    ...dialect.routes.map(({ method, path, step }) => [`${method} ${path}`, step] as const),
  ];

  it.each(steps)('%s draws on its budget also when it takes nothing of what it is given', async (_, step) => {
    const { drawn, desk, imported } = deskAt();
    await expect(step.run(7, withImported(dialect, desk, imported))).rejects.toBeInstanceOf(Refused);
    expect(drawn).toEqual([step.command]);
  });

  it('an id of nobody is looked up for those only whose budget was drawn on', async () => {
    if (!dialect.importedIds) return;
    const { looked, desk, imported } = deskAt();
    const asked = withImported(dialect, desk, imported).ask('typing.start')({ conversationId: '2' });
    await expect(asked).rejects.toMatchObject({ refusal: { code: 'not_found' } });
    expect(looked).toEqual([['typing.start']]);
  });
});
