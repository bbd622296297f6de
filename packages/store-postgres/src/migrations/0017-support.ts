import type { Migration } from './migration.ts';

export const support: Migration = {
  number: 17,
  name: 'support',
  olderNodes: 'survive',
  // A thread has two members: its user, and `agents`, who is whoever of the staff writes or reads. So it is read, told and
  // repaired as a direct conversation is; the true author of a message stands in author_id, where no user looks.
  sql: `
create unique index conversations_support on conversations (space, peer_low) where kind = 'support';

create function open_support(_space text, _user text)
returns table (outcome text, created boolean, conversation json) language plpgsql as $$
declare
  c conversations;
begin
  created := false;
  select * into c from conversations where space = _space and peer_low = _user and kind = 'support';
  if c.no is null then
    if not exists (select from users u where u.space = _space and u.user_id = _user) then
      outcome := 'not_found';
      return next;
      return;
    end if;
    insert into conversations
      (space, kind, peer_low, peer_high, rev, members_rev, member_count, membership_version, created_at, last_at)
    values (_space, 'support', _user, 'agents', 1, 1, 2, 1, clock_timestamp(), clock_timestamp())
    on conflict (space, peer_low) where kind = 'support' do nothing returning * into c;
    if c.no is not null then
      created := true;
      insert into members (conversation_no, user_id, space, role, from_seq, read_seq, delivered_seq, receipt_at, rev)
      select c.no, p, _space, 'member', 0, 0, 0, c.created_at, 1 from unnest(array[_user, 'agents']) p;
      perform note_move(c.no, array[_user, 'agents']);
    else
      select * into c from conversations where space = _space and peer_low = _user and kind = 'support';
    end if;
  end if;
  outcome := 'ok';
  conversation := to_json(c);
  return next;
end $$;
`,
};
