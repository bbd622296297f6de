-- acquaintances
select "other"."user_id"
  from unnest($1::text[]) as other(user_id)
  where (exists (select "theirs"."conversation_no"
  from "members" as "theirs"
  inner join "members" as "mine" on "mine"."conversation_no" = "theirs"."conversation_no"
  where "theirs"."space" = $2 and "theirs"."user_id" = "other"."user_id" and "theirs"."until_seq" is null and "mine"."user_id" = $3 and "mine"."until_seq" is null) or linked('booking', $4, least($5 collate "C", other.user_id), greatest($6 collate "C", other.user_id)) = $7 or linked('assignment', $8, least($9 collate "C", other.user_id), greatest($10 collate "C", other.user_id)) = $11);

-- add-members
select "outcome", "missing", "conversation", "members"
  from add_members($1, $2, $3, $4, $5, $6, 5000) as "added";

-- add-upload
select *
  from add_upload($1, $2, $3, $4, $5, $6, $7, $8) as "upload";

-- announcement-reads-to-move
select "c"."no", "c"."first_seq", "ci"."id" as "conversation_id", "ci"."own_no", "u"."user_id", "s"."seq", "s"."at", false as "single", (select json_object_agg(i.seq, i.id)
  from imported_messages i
   
  where i.conversation_no = "c"."no" and i.seq = any(array[s.seq])) as "ids"
  from "conversations" as "c"
  left join "imported_conversations" as "ci" on "ci"."conversation_no" = "c"."no"
  inner join "users" as "u" on "u"."space" = "c"."space"
  left join "announcement_reads" as "r" on "r"."conversation_no" = "c"."no" and "r"."user_id" = "u"."user_id"
  inner join lateral (select greatest(u.announced_seq, r.read_seq) as "seq", case when r.read_seq >= u.announced_seq then r.at else u.created_at end as "at") as "s" on true
  where "c"."space" = $1 and "c"."kind" = $2 and "s"."seq" >= "c"."first_seq"
  order by "u"."user_id";

-- append-many
select "life", "at", "answers", "heads"
  from append_many($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as "batch";

-- append-one
select "life", "at", "answers", "heads"
  from append_one($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as "batch";

-- append-with-files
select "life", "at", "answers", "heads"
  from append_with_files($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as "batch";

-- audit-log
select "no", "at", "by_id", "deed", "user_id", "conversation_no", "seq", "details"
  from "audit_log"
  where "space" = $1 and "no" < $2 and by_id = coalesce($3::text, by_id) and ($4::text is null or user_id = $5::text) and deed = coalesce($6::text, deed)
  order by "no" desc
  limit $7;

-- ban-user
select "user_id", "until", "reason", "by_id", "at", until > clock_timestamp() as "holds"
  from ban_user($1, $2, $3, $4, $5) as "ban";

-- bans-by-position
select "ban".*, "counted"."total"
  from (select count(*) as "total"
  from "bans"
  where "space" = $1 and until > clock_timestamp()) as "counted"
  left join lateral (select "user_id", "until", "reason", "by_id", "at"
  from "bans"
  where "space" = $2 and until > clock_timestamp()
  order by "user_id"
  limit $3 offset $4) as "ban" on true
  order by "ban"."user_id";

-- begin-session
with "ended" as (delete
  from "sessions"
  where "id" in (select "id"
  from "sessions"
  where "space" = $1 and "user_id" = $2
  order by "began_at" desc offset $3)) insert into "sessions" ("id", "space", "user_id", "secret_hash", "began_at", "expires_at")
  values ($4, $5, $6, $7, clock_timestamp(), clock_timestamp() + $8::float8 * interval '1 ms')
  returning "expires_at";

-- change-message
select "outcome", "changed", "conversation", "message"
  from change_message($1, $2, $3, $4, $5, $6, $7, $8) as "change";

-- change-reaction
select "outcome", "changed", "conversation", "message"
  from change_reaction($1, $2, $3, $4, $5, $6, $7, 20, 50) as "change";

-- conversation-by-no
select *
  from "conversations"
  where "no" = $1;

-- conversations-by-position
select "found".*, "counted"."total"
  from (select count(*) as "total"
  from "conversations"
  where "space" = $1 and status = coalesce($2::text, status)) as "counted"
  left join lateral (select "no", "kind", "title", "status", "peer_low", "peer_high", "member_count", "first_seq", "last_seq", "created_at", "last_at"
  from "conversations"
  where "space" = $3 and status = coalesce($4::text, status) and "no" < $5
  order by "no" desc
  limit $6 offset $7) as "found" on true
  order by "found"."no" desc;

-- conversations-to-move
select "c"."no", "c"."first_seq", "ci"."id" as "conversation_id", "ci"."own_no", "c"."kind", "c"."peer_low", "c"."peer_high", "c"."title", "c"."status", "c"."created_at"
  from "conversations" as "c"
  left join "imported_conversations" as "ci" on "ci"."conversation_no" = "c"."no"
  where "c"."space" = $1
  order by "c"."no";

-- create-group
select "outcome", "missing", "conversation", "members"
  from create_group($1, $2, $3, $4) as "created";

-- current-epoch
select current_epoch() as "epoch";

-- delete-links
select "low", "high", "kind", "status", "user_a", "updated_at"
  from delete_links($1, $2, $3, $4) as "link"
  order by "kind";

-- direct-between
select "no"
  from "conversations"
  where "space" = $1 and "peer_low" = least($2 collate "C", $3 collate "C") and "peer_high" = greatest($4 collate "C", $5 collate "C") and "kind" = 'direct';

-- drop-old-messages
select *
  from drop_old_messages($1, $2, $3, $4, $5) as "round";

-- end-session
delete
  from "sessions"
  where "space" = $1 and "id" = $2
  returning "id";

-- expire-uploads
select expire_uploads($1, 500) as "done";

-- facts-for-member
select "c".*, "m"."until_seq"
  from "sights" as "m"
  inner join "conversations" as "c" on "c"."no" = "m"."conversation_no"
  where "m"."space" = $1 and "m"."user_id" = $2 and "c"."no" = $3;

-- fill-users
insert into "users" ("space", "user_id", "name", "first_name", "last_name", "email", "avatar_url", "role") select distinct on (space collate "C", user_id collate "C") "space", "user_id", "name", "first_name", "last_name", "email", "avatar_url", "role"
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]) as claimed(space, user_id, name, first_name, last_name, email, avatar_url, role)
  order by space collate "C", user_id collate "C"
  on conflict ("space", "user_id") do update
  set "name" = coalesce("users"."name", "excluded"."name"), "first_name" = coalesce("users"."first_name", "excluded"."first_name"), "last_name" = coalesce("users"."last_name", "excluded"."last_name"), "email" = coalesce("users"."email", "excluded"."email"), "avatar_url" = coalesce("users"."avatar_url", "excluded"."avatar_url"), "role" = coalesce("users"."role", "excluded"."role");

-- find-account
select "a"."password_hash", "u"."user_id", "u"."name", "u"."first_name", "u"."last_name", "u"."email", "u"."avatar_url", "u"."role", "u"."active", "u"."created_at", "u"."updated_at"
  from "accounts" as "a"
  inner join "users" as "u" on "u"."space" = "a"."space" and "u"."user_id" = "a"."user_id"
  where "a"."space" = $1 and "a"."email" = $2;

-- find-profiles
select "c"."no", "c"."space", "c"."kind", "c"."peer_low", "c"."peer_high", "i"."id" as "imported_id"
  from "conversations" as "c"
  left join "imported_conversations" as "i" on "i"."conversation_no" = "c"."no"
  where "c"."no" = any($1);

-- find-users
select "asked"."n", "u"."space", "u"."revoked_at", "u"."user_id", "u"."name", "u"."first_name", "u"."last_name", "u"."email", "u"."avatar_url", "u"."role", "u"."active", "u"."created_at", "u"."updated_at", coalesce(b.until > clock_timestamp(), false) as "banned"
  from unnest($1::text[], $2::text[]) with ordinality as asked(space, user_id, n)
  inner join "users" as "u" on "u"."space" = "asked"."space" and "u"."user_id" = "asked"."user_id"
  left join "bans" as "b" on "b"."space" = "u"."space" and "b"."user_id" = "u"."user_id";

-- forget-uploads
with "gone" as (delete
  from "uploads"
  where "id" = any($1::uuid[]) and "deleted_at" is not null and "conversation_no" is null
  returning "id") update "uploads"
  set "kept" = false
  where "id" = any($2::uuid[]) and "deleted_at" is not null and "conversation_no" is not null;

-- history-by-position-asc
select "seen".*, case
  when coalesce(seen.until_seq, seen.last_seq) <= greatest(seen.read_seq, seen.from_seq) then 0
  else unread_count(seen.no, $1, greatest(seen.read_seq, seen.from_seq),
    coalesce(seen.until_seq, seen.last_seq), seen.read_beyond, 999) end as "unread", to_json(last_message) as "last_message", greatest(seen.top - seen.floor, 0) - tombstones.count as "total", (select json_agg(message
  order by message.seq asc) as "page"
  from (select "conversation_no", "seq", "rev", "sender_id", "author_id", "client_id", "kind", "body", "attachments", "reactions", "reply_to_seq", "created_at", "edited_at", "deleted_at", case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end as "reader", least(
  (select r.at
  from reads r
  where r.conversation_no = seen.no and r.user_id = case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end and r.seq = g.seq and r.single),
  (select r.at
  from reads r
  where r.conversation_no = seen.no and r.user_id = case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end and r.seq >= g.seq
    and not r.single
  order by r.seq
  limit 1)) as "read_at"
  from "messages" as "g"
  where "g"."conversation_no" = "seen"."no" and g.seq > seen.floor + "passed" and g.seq <= seen.top and "g"."deleted_at" is null
  order by "g"."seq" asc
  limit $2) as "message") as "page"
  from (select "c"."no", "c"."space", "c"."kind", "c"."title", "c"."status", "c"."peer_low", "c"."peer_high", "c"."first_seq", "c"."last_seq", "c"."rev" as "conversation_rev", "c"."member_count", "c"."membership_version", "c"."created_at", "c"."last_at", "m"."from_seq", "m"."until_seq", "m"."read_seq", "m"."read_beyond", "m"."delivered_seq", greatest(c.first_seq - 1, m.from_seq) as "floor", coalesce(m.until_seq, c.last_seq) as "top"
  from "sights" as "m"
  inner join "conversations" as "c" on "c"."no" = "m"."conversation_no"
  where "m"."space" = $3 and "m"."user_id" = $4 and "c"."no" = $5) as "seen"
  inner join lateral (select count(*) as "count", $6::bigint + count(*) filter (where alive <= $7::bigint) as "passed"
  from (select t.seq - seen.floor - row_number() over (order by t.seq) as "alive"
  from "messages" as "t"
  where "t"."conversation_no" = "seen"."no" and "t"."seq" > "seen"."floor" and "t"."seq" <= "seen"."top" and "t"."deleted_at" is not null) as "tombstone") as "tombstones" on true
  left join lateral (select "conversation_no", "seq", "rev", "sender_id", "author_id", "client_id", "kind", "body", "attachments", "reactions", "reply_to_seq", "created_at", "edited_at", "deleted_at"
  from "messages" as "g"
  where "g"."conversation_no" = "seen"."no" and "g"."seq" = coalesce(seen.until_seq, seen.last_seq) and "g"."seq" > "seen"."from_seq") as "last_message" on true;

-- history-by-position-desc
select "seen".*, case
  when coalesce(seen.until_seq, seen.last_seq) <= greatest(seen.read_seq, seen.from_seq) then 0
  else unread_count(seen.no, $1, greatest(seen.read_seq, seen.from_seq),
    coalesce(seen.until_seq, seen.last_seq), seen.read_beyond, 999) end as "unread", to_json(last_message) as "last_message", greatest(seen.top - seen.floor, 0) - tombstones.count as "total", (select json_agg(message
  order by message.seq desc) as "page"
  from (select "conversation_no", "seq", "rev", "sender_id", "author_id", "client_id", "kind", "body", "attachments", "reactions", "reply_to_seq", "created_at", "edited_at", "deleted_at", case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end as "reader", least(
  (select r.at
  from reads r
  where r.conversation_no = seen.no and r.user_id = case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end and r.seq = g.seq and r.single),
  (select r.at
  from reads r
  where r.conversation_no = seen.no and r.user_id = case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end and r.seq >= g.seq
    and not r.single
  order by r.seq
  limit 1)) as "read_at"
  from "messages" as "g"
  where "g"."conversation_no" = "seen"."no" and g.seq <= seen.top - "passed" and g.seq > seen.floor and "g"."deleted_at" is null
  order by "g"."seq" desc
  limit $2) as "message") as "page"
  from (select "c"."no", "c"."space", "c"."kind", "c"."title", "c"."status", "c"."peer_low", "c"."peer_high", "c"."first_seq", "c"."last_seq", "c"."rev" as "conversation_rev", "c"."member_count", "c"."membership_version", "c"."created_at", "c"."last_at", "m"."from_seq", "m"."until_seq", "m"."read_seq", "m"."read_beyond", "m"."delivered_seq", greatest(c.first_seq - 1, m.from_seq) as "floor", coalesce(m.until_seq, c.last_seq) as "top"
  from "sights" as "m"
  inner join "conversations" as "c" on "c"."no" = "m"."conversation_no"
  where "m"."space" = $3 and "m"."user_id" = $4 and "c"."no" = $5) as "seen"
  inner join lateral (select count(*) as "count", $6::bigint + count(*) filter (where alive <= $7::bigint) as "passed"
  from (select seen.top - t.seq + 1 - row_number() over (order by t.seq desc) as "alive"
  from "messages" as "t"
  where "t"."conversation_no" = "seen"."no" and "t"."seq" > "seen"."floor" and "t"."seq" <= "seen"."top" and "t"."deleted_at" is not null) as "tombstone") as "tombstones" on true
  left join lateral (select "conversation_no", "seq", "rev", "sender_id", "author_id", "client_id", "kind", "body", "attachments", "reactions", "reply_to_seq", "created_at", "edited_at", "deleted_at"
  from "messages" as "g"
  where "g"."conversation_no" = "seen"."no" and "g"."seq" = coalesce(seen.until_seq, seen.last_seq) and "g"."seq" > "seen"."from_seq") as "last_message" on true;

-- import-lines
select "n", "reason"
  from import_lines($1, $2, $3::jsonb, $4::jsonb, $5::jsonb, $6::jsonb, $7::jsonb, $8::jsonb, 5000, 32) as "refused"
  order by "n";

-- imported-conversation
select "conversation_no" as "no"
  from "imported_conversations"
  where "space" = $1 and "id" = $2;

-- imported-message
select "conversation_no" as "no", "seq"
  from "imported_messages"
  where "space" = $1 and "id" = $2;

-- imported-messages
select "i"."conversation_no" as "no", "i"."seq", "i"."id"
  from "imported_messages" as "i"
  inner join unnest($1::bigint[], $2::bigint[]) as p(no, seq) on "p"."no" = "i"."conversation_no" and "p"."seq" = "i"."seq";

-- imports-in
select 1 as "one"
  from "imported_conversations"
  where "space" = $1
  limit 1;

-- inbox-by-position
select "seen".*, "counted"."total", case
  when coalesce(seen.until_seq, seen.last_seq) <= greatest(seen.read_seq, seen.from_seq) then 0
  else unread_count(seen.no, $1, greatest(seen.read_seq, seen.from_seq),
    coalesce(seen.until_seq, seen.last_seq), seen.read_beyond, 999) end as "unread", to_json(last_message) as "last_message"
  from (select count(*) as "total"
  from "sights"
  where "space" = $2 and "user_id" = $3 and "until_seq" is null) as "counted"
  left join lateral (select "c"."no", "c"."space", "c"."kind", "c"."title", "c"."status", "c"."peer_low", "c"."peer_high", "c"."first_seq", "c"."last_seq", "c"."rev" as "conversation_rev", "c"."member_count", "c"."membership_version", "c"."created_at", "c"."last_at", "m"."from_seq", "m"."until_seq", "m"."read_seq", "m"."read_beyond", "m"."delivered_seq"
  from "sights" as "m"
  inner join "conversations" as "c" on "c"."no" = "m"."conversation_no"
  where "m"."space" = $4 and "m"."user_id" = $5 and "m"."until_seq" is null
  order by "c"."last_at" desc, "c"."no" desc
  limit $6 offset $7) as "seen" on true
  left join lateral (select "conversation_no", "seq", "rev", "sender_id", "author_id", "client_id", "kind", "body", "attachments", "reactions", "reply_to_seq", "created_at", "edited_at", "deleted_at"
  from "messages" as "g"
  where "g"."conversation_no" = "seen"."no" and "g"."seq" = coalesce(seen.until_seq, seen.last_seq) and "g"."seq" > "seen"."from_seq") as "last_message" on true
  order by "seen"."last_at" desc, "seen"."no" desc;

-- index-search
select index_search($1) as "more";

-- links-to-move
select *
  from "links"
  where "space" = $1
  order by "low", "kind", "high";

-- list-acquaintances
select "person".*, "counted"."total"
  from (select count(*) as "total"
  from "users" as "u"
  where "u"."space" = $1 and coalesce(u.role, 'user') = coalesce($2::text, u.role, 'user') and u.active = coalesce($3::boolean, u.active) and ("u"."user_id" = $4 or ($5::boolean and "u"."role" = $6) or "u"."user_id" in (select "theirs"."user_id"
  from "members" as "mine"
  inner join "members" as "theirs" on "theirs"."conversation_no" = "mine"."conversation_no"
  where "mine"."space" = $7 and "mine"."user_id" = $8 and "mine"."until_seq" is null and "theirs"."until_seq" is null) or "u"."user_id" in (select "high" as "user_id"
  from "links"
  where "space" = $9 and "low" = $10 and "status" = 'confirmed') or "u"."user_id" in (select "low" as "user_id"
  from "links"
  where "space" = $11 and "high" = $12 and "status" = 'confirmed'))) as "counted"
  left join lateral (select "u"."user_id", "u"."name", "u"."first_name", "u"."last_name", "u"."email", "u"."avatar_url", "u"."role", "u"."active", "u"."created_at", "u"."updated_at"
  from "users" as "u"
  where "u"."space" = $13 and coalesce(u.role, 'user') = coalesce($14::text, u.role, 'user') and u.active = coalesce($15::boolean, u.active) and ("u"."user_id" = $16 or ($17::boolean and "u"."role" = $18) or "u"."user_id" in (select "theirs"."user_id"
  from "members" as "mine"
  inner join "members" as "theirs" on "theirs"."conversation_no" = "mine"."conversation_no"
  where "mine"."space" = $19 and "mine"."user_id" = $20 and "mine"."until_seq" is null and "theirs"."until_seq" is null) or "u"."user_id" in (select "high" as "user_id"
  from "links"
  where "space" = $21 and "low" = $22 and "status" = 'confirmed') or "u"."user_id" in (select "low" as "user_id"
  from "links"
  where "space" = $23 and "high" = $24 and "status" = 'confirmed'))
  order by "u"."user_id"
  limit $25 offset $26) as "person" on true
  order by "person"."user_id";

-- list-users
select "person".*, "counted"."total"
  from (select count(*) as "total"
  from "users" as "u"
  where "u"."space" = $1 and coalesce(u.role, 'user') = coalesce($2::text, u.role, 'user') and u.active = coalesce($3::boolean, u.active)) as "counted"
  left join lateral (select "u"."user_id", "u"."name", "u"."first_name", "u"."last_name", "u"."email", "u"."avatar_url", "u"."role", "u"."active", "u"."created_at", "u"."updated_at"
  from "users" as "u"
  where "u"."space" = $4 and coalesce(u.role, 'user') = coalesce($5::text, u.role, 'user') and u.active = coalesce($6::boolean, u.active)
  order by "u"."user_id"
  limit $7 offset $8) as "person" on true
  order by "person"."user_id";

-- mark-delivered
select "rev", "member", "conversation"
  from mark_delivered($1, $2, $3, $4, 32) as "marked";

-- mark-one-read
select "outcome", "told", "read_seq", "unread", "conversation", "member"
  from mark_one_read($1, $2, $3, $4, 32, 500, 999) as "marked";

-- mark-read
select "outcome", "told", "read_seq", "unread", "conversation", "member"
  from mark_read($1, $2, $3, $4, 32, 999) as "marked";

-- mark-seen
update "users" as "u"
  set "last_seen" = "seen"."at"
  from (select "space", "user_id", max("at") as "at"
  from unnest($1::text[], $2::text[], $3::timestamptz[]) as mark(space, user_id, at)
  group by "space", "user_id") as "seen"
  where "u"."space" = "seen"."space" and "u"."user_id" = "seen"."user_id" and ("u"."last_seen" is null or "u"."last_seen" < "seen"."at");

-- matches-by-position
select "seen".*, case
  when coalesce(seen.until_seq, seen.last_seq) <= greatest(seen.read_seq, seen.from_seq) then 0
  else unread_count(seen.no, $1, greatest(seen.read_seq, seen.from_seq),
    coalesce(seen.until_seq, seen.last_seq), seen.read_beyond, 999) end as "unread", to_json(last_message) as "last_message", "matched"."total", "matched"."page"
  from (select "c"."no", "c"."space", "c"."kind", "c"."title", "c"."status", "c"."peer_low", "c"."peer_high", "c"."first_seq", "c"."last_seq", "c"."rev" as "conversation_rev", "c"."member_count", "c"."membership_version", "c"."created_at", "c"."last_at", "m"."from_seq", "m"."until_seq", "m"."read_seq", "m"."read_beyond", "m"."delivered_seq"
  from "sights" as "m"
  inner join "conversations" as "c" on "c"."no" = "m"."conversation_no"
  where "m"."space" = $2 and "m"."user_id" = $3 and "c"."no" = $4) as "seen"
  left join lateral (select "conversation_no", "seq", "rev", "sender_id", "author_id", "client_id", "kind", "body", "attachments", "reactions", "reply_to_seq", "created_at", "edited_at", "deleted_at"
  from "messages" as "g"
  where "g"."conversation_no" = "seen"."no" and "g"."seq" = coalesce(seen.until_seq, seen.last_seq) and "g"."seq" > "seen"."from_seq") as "last_message" on true
  left join lateral (
with found as materialized (
with 
own as materialized (
  select c.no, m.user_id as reader, search_bucket(c.no) as bucket, greatest(c.first_seq - 1, m.from_seq) as floor,
    coalesce(m.until_seq, c.last_seq) as top, coalesce(p.seq, 0) as seq, coalesce(p.rev, 0) as rev, c.messages_rev
 
  from sights m join conversations c on c.no = m.conversation_no
   
  left join search_progress p on p.conversation_no = c.no
 
  where m.space = $5 and m.user_id = $6 and m.conversation_no = $7),

places as (
  select s.conversation_no, s.seq, s.created_at
 
  from (select distinct bucket
  from own) b
    cross join lateral (
      select *
  from search_texts t
  where t.grams @@ search_query(b.bucket, $8::text[]) offset 0) s
    join own o on o.no = s.conversation_no
 
  where s.seq > o.floor and s.seq <= o.top
  union
  select g.conversation_no, g.seq, g.created_at
 
  from own o cross join lateral (
    select *
  from messages g
  where g.conversation_no = o.no and g.seq > greatest(o.floor, o.seq) and g.seq <= o.top offset 0) g
 
  where o.top > o.seq
  union
  select g.conversation_no, g.seq, g.created_at
 
  from own o cross join lateral (
    select *
  from messages g
  where g.conversation_no = o.no and g.rev > 0 and g.rev > o.rev offset 0) g
 
  where o.messages_rev > o.rev and g.seq > o.floor and g.seq <= o.top)
select g.*
  from places o cross join lateral (
  select *
  from messages g
  where g.conversation_no = o.conversation_no and g.seq = o.seq and g.deleted_at is null
    and g.kind <> 'system' and search_matches(g.body, $9::text[])
  limit 1) g)
select (select count(*)
  from found) as total, (
  select json_agg(message
  order by message.seq desc)
  from (
    select "g"."conversation_no", "g"."seq", "g"."rev", "g"."sender_id", "g"."author_id", "g"."client_id", "g"."kind", "g"."body", "g"."attachments", "g"."reactions", "g"."reply_to_seq", "g"."created_at", "g"."edited_at", "g"."deleted_at", case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end as reader, least(
  (select r.at
  from reads r
  where r.conversation_no = seen.no and r.user_id = case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end and r.seq = g.seq and r.single),
  (select r.at
  from reads r
  where r.conversation_no = seen.no and r.user_id = case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end and r.seq >= g.seq
    and not r.single
  order by r.seq
  limit 1)) as read_at
   
  from found g
  order by g.seq desc offset $10
  limit $11) message) as page) as "matched" on true;

-- members-among
select "c"."membership_version", "m"."user_id", "m"."from_seq", "m"."until_seq"
  from "conversations" as "c"
  left join "members" as "m" on "m"."conversation_no" = "c"."no" and "m"."user_id" = any($1::text[])
  where "c"."no" = $2;

-- members-changed-since
select *
  from "members"
  where "conversation_no" = $1 and ("rev" > $2 or "receipt_rev" > $3);

-- members-to-move
select "c"."no", "c"."first_seq", "ci"."id" as "conversation_id", "ci"."own_no", "c"."kind", "m"."user_id", "m"."role", "m"."from_seq", "m"."until_seq", "m"."muted_until", "m"."read_seq", "m"."delivered_seq", "m"."receipt_at", m.read_beyond * int8multirange(int8range(c.first_seq, null)) as "read_beyond", (select json_object_agg(i.seq, i.id)
  from imported_messages i
   
  where i.conversation_no = "c"."no" and i.seq = any(array[m.from_seq, m.until_seq, m.read_seq, m.delivered_seq]
          || array(select unnest(array[c.first_seq, lower(b), upper(b) - 1])
  from unnest(m.read_beyond) b))) as "ids"
  from "conversations" as "c"
  left join "imported_conversations" as "ci" on "ci"."conversation_no" = "c"."no"
  inner join "members" as "m" on "m"."conversation_no" = "c"."no"
  where "c"."space" = $1 and "c"."kind" <> $2
  order by "c"."no", "m"."user_id";

-- messages-between
select "conversation_no", "seq", "rev", "sender_id", "author_id", "client_id", "kind", "body", "attachments", "reactions", "reply_to_seq", "created_at", "edited_at", "deleted_at"
  from "messages"
  where "conversation_no" = $1 and "seq" > $2 and "seq" <= $3
  order by "seq"
  limit $4;

-- messages-between-asc
select "g"."conversation_no", "g"."seq", "g"."rev", "g"."sender_id", "g"."author_id", "g"."client_id", "g"."kind", "g"."body", "g"."attachments", "g"."reactions", "g"."reply_to_seq", "g"."created_at", "g"."edited_at", "g"."deleted_at", case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end as "reader", least(
  (select r.at
  from reads r
  where r.conversation_no = seen.no and r.user_id = case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end and r.seq = g.seq and r.single),
  (select r.at
  from reads r
  where r.conversation_no = seen.no and r.user_id = case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end and r.seq >= g.seq
    and not r.single
  order by r.seq
  limit 1)) as "read_at"
  from "messages" as "g"
  inner join "conversations" as "seen" on "seen"."no" = "g"."conversation_no"
  where "g"."conversation_no" = $1 and "g"."seq" > $2 and "g"."seq" < $3
  order by "g"."seq" asc
  limit $4;

-- messages-between-desc
select "g"."conversation_no", "g"."seq", "g"."rev", "g"."sender_id", "g"."author_id", "g"."client_id", "g"."kind", "g"."body", "g"."attachments", "g"."reactions", "g"."reply_to_seq", "g"."created_at", "g"."edited_at", "g"."deleted_at", case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end as "reader", least(
  (select r.at
  from reads r
  where r.conversation_no = seen.no and r.user_id = case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end and r.seq = g.seq and r.single),
  (select r.at
  from reads r
  where r.conversation_no = seen.no and r.user_id = case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end and r.seq >= g.seq
    and not r.single
  order by r.seq
  limit 1)) as "read_at"
  from "messages" as "g"
  inner join "conversations" as "seen" on "seen"."no" = "g"."conversation_no"
  where "g"."conversation_no" = $1 and "g"."seq" > $2 and "g"."seq" < $3
  order by "g"."seq" desc
  limit $4;

-- messages-by-position
select "g"."conversation_no", "g"."seq", "g"."rev", "g"."sender_id", "g"."author_id", "g"."client_id", "g"."kind", "g"."body", "g"."attachments", "g"."reactions", "g"."reply_to_seq", "g"."created_at", "g"."edited_at", "g"."deleted_at", case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end as "reader", least(
  (select r.at
  from reads r
  where r.conversation_no = seen.no and r.user_id = case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end and r.seq = g.seq and r.single),
  (select r.at
  from reads r
  where r.conversation_no = seen.no and r.user_id = case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end and r.seq >= g.seq
    and not r.single
  order by r.seq
  limit 1)) as "read_at"
  from (select *
  from "messages"
  where "conversation_no" = $1 and "deleted_at" is null
  order by "seq" desc
  limit $2 offset $3) as "g"
  inner join "conversations" as "seen" on "seen"."no" = "g"."conversation_no"
  order by "g"."seq" desc;

-- messages-changed-since
select "conversation_no", "seq", "rev", "sender_id", "author_id", "client_id", "kind", "body", "attachments", "reactions", "reply_to_seq", "created_at", "edited_at", "deleted_at"
  from "messages"
  where "conversation_no" = $1 and "rev" > $2 and "rev" > $3
  order by "rev";

-- messages-to-move
select "c"."no", "c"."first_seq", "ci"."id" as "conversation_id", "ci"."own_no", "g"."seq", "g"."sender_id", "g"."author_id", "g"."client_id", "g"."kind", "g"."body", "g"."attachments", "g"."reply_to_seq", "g"."created_at", "g"."edited_at", "g"."deleted_at", (select json_object_agg(i.seq, i.id)
  from imported_messages i
   
  where i.conversation_no = "c"."no" and i.seq = any(array[g.seq, g.reply_to_seq])) as "ids", g.reactions as "reactions", case when g.edited_at is not null then (select json_agg(json_build_object('body', v.body, 'at', v.at)
       
  order by v.rev)
  from message_versions v
  where v.conversation_no = g.conversation_no and v.seq = g.seq) end as "versions", case when g.reactions is not null then (select json_agg(json_build_object('emoji', r.emoji,
        'user_id', r.user_id)
  order by r.rev, r.user_id)
  from reactions r
       
  where r.conversation_no = g.conversation_no and r.seq = g.seq) end as "reactors"
  from "conversations" as "c"
  left join "imported_conversations" as "ci" on "ci"."conversation_no" = "c"."no"
  inner join lateral (select *
  from "messages"
  where "conversation_no" = "c"."no"
  order by "seq" offset 0) as "g" on true
  where "c"."space" = $1
  order by "c"."no", "g"."seq";

-- moves-position
select "rotation", gone_xid::text as "gone_xid", (select pg_current_snapshot()::text) as "snapshot", (select current_epoch()) as "epoch", (select moves_slot()) <> kept.slot as "rotation_due"
  from "moves_kept" as "kept";

-- moves-since
select "rotation", gone_xid::text as "gone_xid", (select pg_current_snapshot()::text) as "snapshot", (select current_epoch()) as "epoch", (select moves_slot()) <> kept.slot as "rotation_due", "moved"."nos", "moved"."seqs", "moved"."revs", "moved"."versions", "moved"."users"
  from "moves_kept" as "kept"
  left join "moves" as "moved" on "moved"."xid" >= pg_snapshot_xmin($1::pg_snapshot) and not pg_visible_in_snapshot(moved.xid, $2::pg_snapshot);

-- newer-messages
select "page".*, greatest(c.first_seq, m.from_seq + 1) as "first_seq", coalesce(m.until_seq, c.last_seq) as "last_seq", (select current_epoch()) as "epoch"
  from "sights" as "m"
  inner join "conversations" as "c" on "c"."no" = "m"."conversation_no"
  left join lateral (select "g"."conversation_no", "g"."seq", "g"."rev", "g"."sender_id", "g"."author_id", "g"."client_id", "g"."kind", "g"."body", "g"."attachments", "g"."reactions", "g"."reply_to_seq", "g"."created_at", "g"."edited_at", "g"."deleted_at"
  from "messages" as "g"
  where "g"."conversation_no" = "c"."no" and "g"."seq" > greatest(m.from_seq, $1::bigint) and "g"."seq" <= least(coalesce(m.until_seq, c.last_seq), $2::bigint - 1)
  order by "g"."seq" asc
  limit $3) as "page" on true
  where "m"."space" = $4 and "m"."user_id" = $5 and "c"."no" = $6;

-- newer-messages-replica
select "page".*, greatest(c.first_seq, $1::bigint + 1) as "first_seq", $2::bigint as "last_seq", $3::text as "epoch"
  from "conversations" as "c"
  left join lateral (select "g"."conversation_no", "g"."seq", "g"."rev", "g"."sender_id", "g"."author_id", "g"."client_id", "g"."kind", "g"."body", "g"."attachments", "g"."reactions", "g"."reply_to_seq", "g"."created_at", "g"."edited_at", "g"."deleted_at"
  from "messages" as "g"
  where "g"."conversation_no" = "c"."no" and "g"."seq" > greatest($4::bigint, $5::bigint) and "g"."seq" <= least($6::bigint, $7::bigint - 1)
  order by "g"."seq" asc
  limit $8) as "page" on true
  where "c"."no" = $9 and "c"."last_seq" >= $10 and "c"."rev" >= $11 and $12 = (select e.id || '.' || lpad(upper(to_hex(c.timeline_id)), 8, '0') || '.' || s.system_identifier
 
  from epoch e, pg_control_checkpoint() c, pg_control_system() s);

-- note-migration
insert into "migrations" ("number", "name", "older_nodes")
  values ($1, $2, $3);

-- note-reading
select "no", "kind", "title", "status", "peer_low", "peer_high", "member_count", "first_seq", "last_seq", "created_at", "last_at", note_deed($1, $2, 'moderation.history', null, no, null, null) as "noted"
  from "conversations"
  where "space" = $3 and "no" = $4;

-- older-messages
select "page".*, greatest(c.first_seq, m.from_seq + 1) as "first_seq", coalesce(m.until_seq, c.last_seq) as "last_seq", (select current_epoch()) as "epoch"
  from "sights" as "m"
  inner join "conversations" as "c" on "c"."no" = "m"."conversation_no"
  left join lateral (select "g"."conversation_no", "g"."seq", "g"."rev", "g"."sender_id", "g"."author_id", "g"."client_id", "g"."kind", "g"."body", "g"."attachments", "g"."reactions", "g"."reply_to_seq", "g"."created_at", "g"."edited_at", "g"."deleted_at"
  from "messages" as "g"
  where "g"."conversation_no" = "c"."no" and "g"."seq" > greatest(m.from_seq, $1::bigint) and "g"."seq" <= least(coalesce(m.until_seq, c.last_seq), $2::bigint - 1)
  order by "g"."seq" desc
  limit $3) as "page" on true
  where "m"."space" = $4 and "m"."user_id" = $5 and "c"."no" = $6;

-- older-messages-replica
select "page".*, greatest(c.first_seq, $1::bigint + 1) as "first_seq", $2::bigint as "last_seq", $3::text as "epoch"
  from "conversations" as "c"
  left join lateral (select "g"."conversation_no", "g"."seq", "g"."rev", "g"."sender_id", "g"."author_id", "g"."client_id", "g"."kind", "g"."body", "g"."attachments", "g"."reactions", "g"."reply_to_seq", "g"."created_at", "g"."edited_at", "g"."deleted_at"
  from "messages" as "g"
  where "g"."conversation_no" = "c"."no" and "g"."seq" > greatest($4::bigint, $5::bigint) and "g"."seq" <= least($6::bigint, $7::bigint - 1)
  order by "g"."seq" desc
  limit $8) as "page" on true
  where "c"."no" = $9 and "c"."last_seq" >= $10 and "c"."rev" >= $11 and $12 = (select e.id || '.' || lpad(upper(to_hex(c.timeline_id)), 8, '0') || '.' || s.system_identifier
 
  from epoch e, pg_control_checkpoint() c, pg_control_system() s);

-- oldest-unread
select "oldest".*
  from (select "g".*, sum(octet_length("g"."body") + coalesce(octet_length("g"."attachments"::text), 0)
    + coalesce(octet_length("g"."reactions"::text), 0) + 400)
            over (order by g.created_at, g.conversation_no, g.seq) as "bytes"
  from (select "seen".*
  from (select "c"."no", "c"."space", "c"."kind", "c"."title", "c"."status", "c"."peer_low", "c"."peer_high", "c"."first_seq", "c"."last_seq", "c"."rev" as "conversation_rev", "c"."member_count", "c"."membership_version", "c"."created_at", "c"."last_at", "m"."from_seq", "m"."until_seq", "m"."read_seq", "m"."read_beyond", "m"."delivered_seq"
  from "sights" as "m"
  inner join "conversations" as "c" on "c"."no" = "m"."conversation_no"
  where "m"."space" = $1 and "m"."user_id" = $2 and "m"."until_seq" is null and c.last_seq > greatest(m.read_seq, m.from_seq)) as "seen"
  inner join lateral (select "g"."seq", "g"."created_at"
  from "messages" as "g"
  where "g"."conversation_no" = "seen"."no" and "g"."seq" > greatest(seen.read_seq, seen.from_seq) and "g"."seq" <= "seen"."last_seq" and "g"."sender_id" <> $3 and "g"."author_id" is distinct
  from $4 and "g"."deleted_at" is null and "g"."kind" <> $5 and not g.seq <@ seen.read_beyond
  order by "g"."seq"
  limit $6) as "first" on true
  order by "first"."created_at", "seen"."no"
  limit $7) as "seen"
  inner join lateral (select "conversation_no", "seq", "rev", "sender_id", "author_id", "client_id", "kind", "body", "attachments", "reactions", "reply_to_seq", "created_at", "edited_at", "deleted_at"
  from "messages" as "g"
  where "g"."conversation_no" = "seen"."no" and "g"."seq" > greatest(seen.read_seq, seen.from_seq) and "g"."seq" <= "seen"."last_seq" and "g"."sender_id" <> $8 and "g"."author_id" is distinct
  from $9 and "g"."deleted_at" is null and "g"."kind" <> $10 and not g.seq <@ seen.read_beyond
  order by "g"."seq"
  limit $11) as "g" on true
  order by "g"."created_at", "g"."conversation_no", "g"."seq"
  limit $12) as "oldest"
  order by "created_at", "conversation_no", "seq";

-- open-announcement
select "created", "conversation"
  from open_announcement($1) as "opened";

-- open-direct
select "outcome", "created", "conversation"
  from open_direct($1, $2, $3, $4) as "opened";

-- open-support
select "outcome", "created", "conversation"
  from open_support($1, $2) as "opened";

-- own-uploads
select "id", "space", "name", "type", "bytes"
  from "uploads"
  where "id" = any($1::uuid[]) and "space" = $2 and "owner_id" = $3;

-- page-of-inbox
select "seen".*, case
  when coalesce(seen.until_seq, seen.last_seq) <= greatest(seen.read_seq, seen.from_seq) then 0
  else unread_count(seen.no, $1, greatest(seen.read_seq, seen.from_seq),
    coalesce(seen.until_seq, seen.last_seq), seen.read_beyond, 999) end as "unread", to_json(last_message) as "last_message", (select current_epoch()) as "epoch"
  from (select "c"."no", "c"."space", "c"."kind", "c"."title", "c"."status", "c"."peer_low", "c"."peer_high", "c"."first_seq", "c"."last_seq", "c"."rev" as "conversation_rev", "c"."member_count", "c"."membership_version", "c"."created_at", "c"."last_at", "m"."from_seq", "m"."until_seq", "m"."read_seq", "m"."read_beyond", "m"."delivered_seq"
  from "sights" as "m"
  inner join "conversations" as "c" on "c"."no" = "m"."conversation_no"
  where "m"."space" = $2 and "m"."user_id" = $3 and "m"."until_seq" is null and (c.last_at, c.no) < ($4::timestamptz, $5::bigint)
  order by "c"."last_at" desc, "c"."no" desc
  limit $6) as "seen"
  left join lateral (select "conversation_no", "seq", "rev", "sender_id", "author_id", "client_id", "kind", "body", "attachments", "reactions", "reply_to_seq", "created_at", "edited_at", "deleted_at"
  from "messages" as "g"
  where "g"."conversation_no" = "seen"."no" and "g"."seq" = coalesce(seen.until_seq, seen.last_seq) and "g"."seq" > "seen"."from_seq") as "last_message" on true
  order by "seen"."last_at" desc, "seen"."no" desc;

-- page-of-links
select "links".*
  from (select "first".*
  from (select "low", "high", "kind", "status", "user_a", "updated_at", "high" as "peer"
  from "links"
  where "space" = $1 and "low" = $2 and (kind, "high") > ($3, $4 collate "C")
  order by "kind", "high"
  limit $5) as "first" union all select "second".*
  from (select "low", "high", "kind", "status", "user_a", "updated_at", "low" as "peer"
  from "links"
  where "space" = $6 and "high" = $7 and (kind, "low") > ($8, $9 collate "C")
  order by "kind", "low"
  limit $10) as "second") as "links"
  order by "kind", "peer"
  limit $11;

-- page-of-members
select *
  from "members"
  where "conversation_no" = $1 and "user_id" > $2 and "until_seq" is null
  order by "user_id"
  limit $3;

-- put-account
with "free" as (select "space", "user_id"
  from "users"
  where "space" = $1 and "user_id" = $2 and not exists (select "email"
  from "accounts"
  where "space" = $3 and "email" = $4 and "user_id" <> $5)), "ended" as (delete
  from "sessions"
  where "space" = $6 and "user_id" in (select "user_id"
  from "free")) insert into "accounts" ("space", "email", "user_id", "password_hash") select "space", $7 as "email", "user_id", $8 as "password_hash"
  from "free"
  on conflict ("space", "user_id") do update
  set "email" = "excluded"."email", "password_hash" = "excluded"."password_hash"
  returning "user_id";

-- put-link
select "low", "high", "kind", "status", "user_a", "updated_at"
  from put_link($1, $2, $3, $4, $5, $6) as "link";

-- put-user
insert into "users" ("space", "user_id", "name", "first_name", "last_name", "email", "avatar_url", "role", "active")
  values ($1, $2, $3, $4, $5, $6, $7, $8, coalesce($9::boolean, true))
  on conflict ("space", "user_id") do update
  set "name" = coalesce("excluded"."name", "users"."name"), "first_name" = coalesce("excluded"."first_name", "users"."first_name"), "last_name" = coalesce("excluded"."last_name", "users"."last_name"), "email" = coalesce("excluded"."email", "users"."email"), "avatar_url" = coalesce("excluded"."avatar_url", "users"."avatar_url"), "role" = coalesce("excluded"."role", "users"."role"), "active" = coalesce($10::boolean, users.active)
  returning *;

-- readable-conversation
select coalesce(array_agg(own.no), '{}') as "nos", coalesce(array_agg(own.seer), '{}') as "seers", coalesce(array_agg(own.floor), '{}') as "floors", coalesce(array_agg(own.top), '{}') as "tops", coalesce(array_agg(own.head), '{}') as "heads", coalesce(array_agg(own.rev), '{}') as "revs", (select current_epoch()) as "epoch"
  from (
select c.no, m.user_id as seer, greatest(c.first_seq - 1, m.from_seq) as floor, coalesce(m.until_seq, c.last_seq) as top,
  c.last_seq as head, c.rev
from sights m join conversations c on c.no = m.conversation_no
where m.space = $1 and m.user_id = $2 and m.conversation_no = $3) as "own";

-- readable-own
select coalesce(array_agg(own.no), '{}') as "nos", coalesce(array_agg(own.seer), '{}') as "seers", coalesce(array_agg(own.floor), '{}') as "floors", coalesce(array_agg(own.top), '{}') as "tops", coalesce(array_agg(own.head), '{}') as "heads", coalesce(array_agg(own.rev), '{}') as "revs", (select current_epoch()) as "epoch"
  from (
select c.no, m.user_id as seer, greatest(c.first_seq - 1, m.from_seq) as floor, coalesce(m.until_seq, c.last_seq) as top,
  c.last_seq as head, c.rev
from sights m join conversations c on c.no = m.conversation_no
where m.space = $1 and m.user_id = any($2::text[]) and m.until_seq is null) as "own";

-- reads-since
select "user_id", "seq"
  from "reads"
  where "conversation_no" = $1 and "single" = true and "rev" > $2
  order by "rev";

-- reads-to-move
select "c"."no", "c"."first_seq", "ci"."id" as "conversation_id", "ci"."own_no", "r"."user_id", "r"."seq", "r"."at", "r"."single", (select json_object_agg(i.seq, i.id)
  from imported_messages i
   
  where i.conversation_no = "c"."no" and i.seq = any(array[r.seq])) as "ids"
  from "conversations" as "c"
  left join "imported_conversations" as "ci" on "ci"."conversation_no" = "c"."no"
  inner join "reads" as "r" on "r"."conversation_no" = "c"."no"
  where "c"."space" = $1
  order by "c"."no", "r"."user_id", "r"."seq", "r"."single";

-- register-account
with "account" as (insert into "accounts" ("space", "email", "user_id", "password_hash")
  values ($1, $2, $3, $4)
  on conflict ("space", "email") do nothing
  returning "space", "user_id") insert into "users" ("space", "user_id", "email", "name", "first_name", "last_name", "avatar_url", "role") select "space", "user_id", $5::text as "email", $6::text as "name", $7::text as "first_name", $8::text as "last_name", $9::text as "avatar_url", 'user' as "role"
  from "account"
  returning *;

-- remove-member
select "outcome", "conversation", "member"
  from remove_member($1, $2, $3, $4, 32) as "removed";

-- report-message
select "outcome", "report"
  from report_message($1, $2, $3, $4, $5) as "reported";

-- reports-by-position
select "report".*, "counted"."total"
  from (select count(*) as "total"
  from "reports"
  where "space" = $1 and "status" = $2) as "counted"
  left join lateral (select *
  from "reports"
  where "space" = $3 and "status" = $4
  order by "no"
  limit $5 offset $6) as "report" on true
  order by "report"."no";

-- resolve-report
select "outcome", "report"
  from resolve_report($1, $2, $3, $4, $5) as "resolved";

-- revoke-user
with "noted" as (insert into "audit_log" ("space", "by_id", "deed", "user_id")
  values ($1, $2, $3, $4)
  returning "no") insert into "users" ("space", "user_id", "revoked_at")
  values ($5, $6, clock_timestamp())
  on conflict ("space", "user_id") do update
  set "revoked_at" = "excluded"."revoked_at"
  returning "revoked_at";

-- rotate-moves
select rotate_moves() as "rotated";

-- rotate-session
select "s"."expires_at", "s"."sealed", "u"."user_id", "u"."name", "u"."first_name", "u"."last_name", "u"."email", "u"."avatar_url", "u"."role", "u"."active", "u"."created_at", "u"."updated_at"
  from rotate_session($1, $2, $3, $4, $5, $6, $7) as s
  inner join "users" as "u" on "u"."space" = "s"."space" and "u"."user_id" = "s"."user_id";

-- search-conversation
select "found"."conversation_no", "found"."seq", "found"."rev", "found"."sender_id", "found"."author_id", "found"."client_id", "found"."kind", "found"."body", "found"."attachments", "found"."reactions", "found"."reply_to_seq", "found"."created_at", "found"."edited_at", "found"."deleted_at", "found"."as_agents"
  from (
with 
own as materialized (
  select c.no, m.user_id as reader, search_bucket(c.no) as bucket, greatest(c.first_seq - 1, m.from_seq) as floor,
    coalesce(m.until_seq, c.last_seq) as top, coalesce(p.seq, 0) as seq, coalesce(p.rev, 0) as rev, c.messages_rev
 
  from sights m join conversations c on c.no = m.conversation_no
   
  left join search_progress p on p.conversation_no = c.no
 
  where m.space = $1 and m.user_id = $2 and m.conversation_no = $3),

places as (
  select s.conversation_no, s.seq, s.created_at
 
  from (select distinct bucket
  from own) b
    cross join lateral (
      select *
  from search_texts t
  where t.grams @@ search_query(b.bucket, $4::text[]) offset 0) s
    join own o on o.no = s.conversation_no
 
  where s.seq > o.floor and s.seq <= o.top
  union
  select g.conversation_no, g.seq, g.created_at
 
  from own o cross join lateral (
    select *
  from messages g
  where g.conversation_no = o.no and g.seq > greatest(o.floor, o.seq) and g.seq <= o.top offset 0) g
 
  where o.top > o.seq
  union
  select g.conversation_no, g.seq, g.created_at
 
  from own o cross join lateral (
    select *
  from messages g
  where g.conversation_no = o.no and g.rev > 0 and g.rev > o.rev offset 0) g
 
  where o.messages_rev > o.rev and g.seq > o.floor and g.seq <= o.top),

ordered as (
  select *
  from places
 
  where (created_at, conversation_no, seq) < ($5::timestamptz, $6::bigint, $7::bigint)
 
  order by created_at desc, conversation_no desc, seq desc)
select g.*, exists (select
  from own
  where own.no = o.conversation_no and own.reader = 'agents') as as_agents
from ordered o cross join lateral (
  select *
  from messages g
  where g.conversation_no = o.conversation_no and g.seq = o.seq and g.deleted_at is null
    and g.kind <> 'system' and search_matches(g.body, $8::text[])
  limit 1) g
order by o.created_at desc, o.conversation_no desc, o.seq desc
limit $9) as "found";

-- search-own
select "found"."conversation_no", "found"."seq", "found"."rev", "found"."sender_id", "found"."author_id", "found"."client_id", "found"."kind", "found"."body", "found"."attachments", "found"."reactions", "found"."reply_to_seq", "found"."created_at", "found"."edited_at", "found"."deleted_at", "found"."as_agents"
  from (
with 
own as materialized (
  select c.no, m.user_id as reader, search_bucket(c.no) as bucket, greatest(c.first_seq - 1, m.from_seq) as floor,
    coalesce(m.until_seq, c.last_seq) as top, coalesce(p.seq, 0) as seq, coalesce(p.rev, 0) as rev, c.messages_rev
 
  from sights m join conversations c on c.no = m.conversation_no
   
  left join search_progress p on p.conversation_no = c.no
 
  where m.space = $1 and m.user_id = any($2::text[]) and m.until_seq is null),

places as (
  select s.conversation_no, s.seq, s.created_at
 
  from (select distinct bucket
  from own) b
    cross join lateral (
      select *
  from search_texts t
  where t.grams @@ search_query(b.bucket, $3::text[]) offset 0) s
    join own o on o.no = s.conversation_no
 
  where s.seq > o.floor and s.seq <= o.top
  union
  select g.conversation_no, g.seq, g.created_at
 
  from own o cross join lateral (
    select *
  from messages g
  where g.conversation_no = o.no and g.seq > greatest(o.floor, o.seq) and g.seq <= o.top offset 0) g
 
  where o.top > o.seq
  union
  select g.conversation_no, g.seq, g.created_at
 
  from own o cross join lateral (
    select *
  from messages g
  where g.conversation_no = o.no and g.rev > 0 and g.rev > o.rev offset 0) g
 
  where o.messages_rev > o.rev and g.seq > o.floor and g.seq <= o.top),

ordered as (
  select *
  from places
 
  where (created_at, conversation_no, seq) < ($4::timestamptz, $5::bigint, $6::bigint)
 
  order by created_at desc, conversation_no desc, seq desc)
select g.*, exists (select
  from own
  where own.no = o.conversation_no and own.reader = 'agents') as as_agents
from ordered o cross join lateral (
  select *
  from messages g
  where g.conversation_no = o.conversation_no and g.seq = o.seq and g.deleted_at is null
    and g.kind <> 'system' and search_matches(g.body, $7::text[])
  limit 1) g
order by o.created_at desc, o.conversation_no desc, o.seq desc
limit $8) as "found";

-- search-replica
select "found"."conversation_no", "found"."seq", "found"."rev", "found"."sender_id", "found"."author_id", "found"."client_id", "found"."kind", "found"."body", "found"."attachments", "found"."reactions", "found"."reply_to_seq", "found"."created_at", "found"."edited_at", "found"."deleted_at", "found"."as_agents"
  from (
with own as materialized (
  select c.no, o.reader, search_bucket(c.no) as bucket, greatest(o.floor, c.first_seq - 1) as floor, o.top,
    coalesce(p.seq, 0) as seq, coalesce(p.rev, 0) as rev, c.messages_rev
 
  from unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[],
      $5::bigint[], $6::bigint[]) o(no, reader, floor, top, head, rev)
    join conversations c on c.no = o.no and c.last_seq >= o.head and c.rev >= o.rev
   
  left join search_progress p on p.conversation_no = c.no),

places as (
  select s.conversation_no, s.seq, s.created_at
 
  from (select distinct bucket
  from own) b
    cross join lateral (
      select *
  from search_texts t
  where t.grams @@ search_query(b.bucket, $7::text[]) offset 0) s
    join own o on o.no = s.conversation_no
 
  where s.seq > o.floor and s.seq <= o.top
  union
  select g.conversation_no, g.seq, g.created_at
 
  from own o cross join lateral (
    select *
  from messages g
  where g.conversation_no = o.no and g.seq > greatest(o.floor, o.seq) and g.seq <= o.top offset 0) g
 
  where o.top > o.seq
  union
  select g.conversation_no, g.seq, g.created_at
 
  from own o cross join lateral (
    select *
  from messages g
  where g.conversation_no = o.no and g.rev > 0 and g.rev > o.rev offset 0) g
 
  where o.messages_rev > o.rev and g.seq > o.floor and g.seq <= o.top)
select g.*
  from (
  select
  where (select count(*)
  from own) = cardinality($8::bigint[]) and $9 = (select e.id || '.' || lpad(upper(to_hex(c.timeline_id)), 8, '0') || '.' || s.system_identifier
 
  from epoch e, pg_control_checkpoint() c, pg_control_system() s)) caught_up
left join lateral (with 
ordered as (
  select *
  from places
 
  where (created_at, conversation_no, seq) < ($10::timestamptz, $11::bigint, $12::bigint)
 
  order by created_at desc, conversation_no desc, seq desc)
select g.*, exists (select
  from own
  where own.no = o.conversation_no and own.reader = 'agents') as as_agents
from ordered o cross join lateral (
  select *
  from messages g
  where g.conversation_no = o.conversation_no and g.seq = o.seq and g.deleted_at is null
    and g.kind <> 'system' and search_matches(g.body, $13::text[])
  limit 1) g
order by o.created_at desc, o.conversation_no desc, o.seq desc
limit $14) g on true) as "found";

-- see-conversation
select "seen".*, case
  when coalesce(seen.until_seq, seen.last_seq) <= greatest(seen.read_seq, seen.from_seq) then 0
  else unread_count(seen.no, $1, greatest(seen.read_seq, seen.from_seq),
    coalesce(seen.until_seq, seen.last_seq), seen.read_beyond, 999) end as "unread", to_json(last_message) as "last_message", (select current_epoch()) as "epoch"
  from (select "c"."no", "c"."space", "c"."kind", "c"."title", "c"."status", "c"."peer_low", "c"."peer_high", "c"."first_seq", "c"."last_seq", "c"."rev" as "conversation_rev", "c"."member_count", "c"."membership_version", "c"."created_at", "c"."last_at", "m"."from_seq", "m"."until_seq", "m"."read_seq", "m"."read_beyond", "m"."delivered_seq"
  from "sights" as "m"
  inner join "conversations" as "c" on "c"."no" = "m"."conversation_no"
  where "m"."space" = $2 and "m"."user_id" = $3 and "c"."no" = $4) as "seen"
  left join lateral (select "conversation_no", "seq", "rev", "sender_id", "author_id", "client_id", "kind", "body", "attachments", "reactions", "reply_to_seq", "created_at", "edited_at", "deleted_at"
  from "messages" as "g"
  where "g"."conversation_no" = "seen"."no" and "g"."seq" = coalesce(seen.until_seq, seen.last_seq) and "g"."seq" > "seen"."from_seq") as "last_message" on true;

-- sign-of-life
select 1 as "alive";

-- standing-of-reader
select greatest(c.first_seq - 1, m.from_seq) as "floor", coalesce(m.until_seq, c.last_seq) as "top", "c"."last_seq" as "head", "c"."rev", (select current_epoch()) as "epoch"
  from "sights" as "m"
  inner join "conversations" as "c" on "c"."no" = "m"."conversation_no"
  where "m"."space" = $1 and "m"."user_id" = $2 and "c"."no" = $3;

-- standings
select "no", "last_seq", "rev", "membership_version"
  from "conversations"
  where "no" = any($1::bigint[]);

-- sync-advanced-receipts
select "m".*
  from unnest($1::bigint[], $2::bigint[]) as since(no, since_rev)
  inner join lateral (select *
  from "members"
  where "conversation_no" = "since"."no" and "receipt_rev" > "since"."since_rev"
  order by "receipt_rev"
  fetch next $3 rows with ties) as "m" on true;

-- sync-changed-members
select "m".*
  from unnest($1::bigint[], $2::bigint[]) as since(no, since_rev)
  inner join lateral (select *
  from "members"
  where "conversation_no" = "since"."no" and "rev" > "since"."since_rev"
  order by "rev"
  fetch next $3 rows with ties) as "m" on true;

-- sync-changed-messages
select "conversation_no", "seq", "rev", "sender_id", "author_id", "client_id", "kind", "body", "attachments", "reactions", "reply_to_seq", "created_at", "edited_at", "deleted_at", "size"
  from (select "g".*, "since"."n", sum("g"."size") over(order by "since"."n", "g"."rev") as "total"
  from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) with ordinality as since(no, since_rev, known_seq, from_seq, n)
  inner join lateral (select "conversation_no", "seq", "rev", "sender_id", "author_id", "client_id", "kind", "body", "attachments", "reactions", "reply_to_seq", "created_at", "edited_at", "deleted_at", octet_length("messages"."body") + coalesce(octet_length("messages"."attachments"::text), 0)
    + coalesce(octet_length("messages"."reactions"::text), 0) + 400 as "size"
  from "messages"
  where "conversation_no" = "since"."no" and "rev" > 0 and "rev" > "since"."since_rev" and "seq" > "since"."from_seq" and "seq" <= "since"."known_seq"
  order by "rev"
  limit 200) as "g" on true) as "sized"
  where total - size <= $5::bigint
  order by "n", "rev";

-- sync-conversations
select "seen".*, case
  when coalesce(seen.until_seq, seen.last_seq) <= greatest(seen.read_seq, seen.from_seq) then 0
  else unread_count(seen.no, $1, greatest(seen.read_seq, seen.from_seq),
    coalesce(seen.until_seq, seen.last_seq), seen.read_beyond, 999) end as "unread"
  from (select "c"."no", "c"."space", "c"."kind", "c"."title", "c"."status", "c"."peer_low", "c"."peer_high", "c"."first_seq", "c"."last_seq", "c"."rev" as "conversation_rev", "c"."member_count", "c"."membership_version", "c"."created_at", "c"."last_at", "m"."from_seq", "m"."until_seq", "m"."read_seq", "m"."read_beyond", "m"."delivered_seq"
  from "sights" as "m"
  inner join "conversations" as "c" on "c"."no" = "m"."conversation_no"
  where "m"."space" = $2 and "m"."user_id" = $3 and "c"."no" = any($4::bigint[]) and "m"."until_seq" is null) as "seen";

-- sync-epoch
select current_epoch() as "epoch";

-- sync-heads
select "c"."no", "c"."first_seq", "c"."last_seq", "c"."rev", "c"."messages_rev", "c"."members_rev", "c"."receipts_rev", "c"."member_count", "m"."from_seq", "m"."until_seq", "m"."rev" as "member_rev", (select current_epoch()) as "epoch"
  from "sights" as "m"
  inner join "conversations" as "c" on "c"."no" = "m"."conversation_no"
  where "m"."space" = $1 and "m"."user_id" = $2 and "c"."no" = any($3::bigint[]);

-- sync-new-messages
select "conversation_no", "seq", "rev", "sender_id", "author_id", "client_id", "kind", "body", "attachments", "reactions", "reply_to_seq", "created_at", "edited_at", "deleted_at", "size"
  from (select "g".*, "range"."n", sum("g"."size") over(order by "range"."n", "g"."seq" asc) as "total"
  from unnest($1::bigint[], $2::bigint[], $3::bigint[]) with ordinality as range(no, after_seq, upto_seq, n)
  inner join lateral (select "conversation_no", "seq", "rev", "sender_id", "author_id", "client_id", "kind", "body", "attachments", "reactions", "reply_to_seq", "created_at", "edited_at", "deleted_at", octet_length("messages"."body") + coalesce(octet_length("messages"."attachments"::text), 0)
    + coalesce(octet_length("messages"."reactions"::text), 0) + 400 as "size"
  from "messages"
  where "conversation_no" = "range"."no" and "seq" > "range"."after_seq" and "seq" <= "range"."upto_seq") as "g" on true) as "sized"
  where total - size <= $4::bigint
  order by "n", "seq" asc;

-- sync-newest-pages
select "conversation_no", "seq", "rev", "sender_id", "author_id", "client_id", "kind", "body", "attachments", "reactions", "reply_to_seq", "created_at", "edited_at", "deleted_at", "size"
  from (select "g".*, "range"."n", sum("g"."size") over(order by "range"."n", "g"."seq" desc) as "total"
  from unnest($1::bigint[], $2::bigint[], $3::bigint[]) with ordinality as range(no, after_seq, upto_seq, n)
  inner join lateral (select "conversation_no", "seq", "rev", "sender_id", "author_id", "client_id", "kind", "body", "attachments", "reactions", "reply_to_seq", "created_at", "edited_at", "deleted_at", octet_length("messages"."body") + coalesce(octet_length("messages"."attachments"::text), 0)
    + coalesce(octet_length("messages"."reactions"::text), 0) + 400 as "size"
  from "messages"
  where "conversation_no" = "range"."no" and "seq" > "range"."after_seq" and "seq" <= "range"."upto_seq") as "g" on true) as "sized"
  where total - size <= $4::bigint
  order by "n", "seq" desc;

-- system-identifier
select system_identifier::text as "system"
  from pg_control_system() as "control";

-- taken-migrations
select "number", "name", "older_nodes"
  from "migrations"
  order by "number";

-- unban-user
with "gone" as (delete
  from "bans"
  where "space" = $1 and "user_id" = $2
  returning "space", "user_id", until > clock_timestamp() as "held"), "noted" as (insert into "audit_log" ("space", "by_id", "deed", "user_id") select "space", $3 as "by_id", 'user.unban' as "deed", "user_id"
  from "gone"
  returning "no") select "held"
  from "gone";

-- unreachable-uploads
select "space", "id"
  from "uploads"
  where "deleted_at" is not null and "kept" = true
  order by "deleted_at"
  limit $1;

-- unread-conversations
select "seen".*, case
  when coalesce(seen.until_seq, seen.last_seq) <= greatest(seen.read_seq, seen.from_seq) then 0
  else unread_count(seen.no, $1, greatest(seen.read_seq, seen.from_seq),
    coalesce(seen.until_seq, seen.last_seq), seen.read_beyond, 999) end as "unread", to_json(last_message) as "last_message"
  from (select "seen".*
  from (select "c"."no", "c"."space", "c"."kind", "c"."title", "c"."status", "c"."peer_low", "c"."peer_high", "c"."first_seq", "c"."last_seq", "c"."rev" as "conversation_rev", "c"."member_count", "c"."membership_version", "c"."created_at", "c"."last_at", "m"."from_seq", "m"."until_seq", "m"."read_seq", "m"."read_beyond", "m"."delivered_seq"
  from "sights" as "m"
  inner join "conversations" as "c" on "c"."no" = "m"."conversation_no"
  where "m"."space" = $2 and "m"."user_id" = $3 and "m"."until_seq" is null and c.last_seq > greatest(m.read_seq, m.from_seq)) as "seen"
  where exists (select "g"."seq"
  from "messages" as "g"
  where "g"."conversation_no" = "seen"."no" and "g"."seq" > greatest(seen.read_seq, seen.from_seq) and "g"."seq" <= "seen"."last_seq" and "g"."sender_id" <> $4 and "g"."author_id" is distinct
  from $5 and "g"."deleted_at" is null and "g"."kind" <> $6 and not g.seq <@ seen.read_beyond)
  order by "seen"."last_at" desc, "seen"."no" desc
  limit $7) as "seen"
  left join lateral (select "conversation_no", "seq", "rev", "sender_id", "author_id", "client_id", "kind", "body", "attachments", "reactions", "reply_to_seq", "created_at", "edited_at", "deleted_at"
  from "messages" as "g"
  where "g"."conversation_no" = "seen"."no" and "g"."seq" = coalesce(seen.until_seq, seen.last_seq) and "g"."seq" > "seen"."from_seq") as "last_message" on true
  order by "seen"."last_at" desc, "seen"."no" desc;

-- unread-in-all
select count(*) as "total", (select current_epoch()) as "epoch"
  from (select "unread"."seq"
  from "sights" as "m"
  inner join "conversations" as "c" on "c"."no" = "m"."conversation_no"
  inner join lateral (select "g"."seq"
  from "messages" as "g"
  where "g"."conversation_no" = "c"."no" and "g"."seq" > greatest(m.read_seq, m.from_seq) and "g"."sender_id" <> $1 and "g"."author_id" is distinct
  from $2 and "g"."deleted_at" is null and "g"."kind" <> $3 and not g.seq <@ m.read_beyond
  limit 999) as "unread" on true
  where "m"."space" = $4 and "m"."user_id" = $5 and "m"."until_seq" is null and "c"."last_seq" > "m"."read_seq"
  limit 999) as "counted";

-- unread-total
select count(*) as "total"
  from (select "g"."seq"
  from (select "c"."no", "c"."space", "c"."kind", "c"."title", "c"."status", "c"."peer_low", "c"."peer_high", "c"."first_seq", "c"."last_seq", "c"."rev" as "conversation_rev", "c"."member_count", "c"."membership_version", "c"."created_at", "c"."last_at", "m"."from_seq", "m"."until_seq", "m"."read_seq", "m"."read_beyond", "m"."delivered_seq"
  from "sights" as "m"
  inner join "conversations" as "c" on "c"."no" = "m"."conversation_no"
  where "m"."space" = $1 and "m"."user_id" = $2 and "m"."until_seq" is null and c.last_seq > greatest(m.read_seq, m.from_seq)) as "seen"
  inner join lateral (select "g"."seq"
  from "messages" as "g"
  where "g"."conversation_no" = "seen"."no" and "g"."seq" > greatest(seen.read_seq, seen.from_seq) and "g"."seq" <= "seen"."last_seq" and "g"."sender_id" <> $3 and "g"."author_id" is distinct
  from $4 and "g"."deleted_at" is null and "g"."kind" <> $5 and not g.seq <@ seen.read_beyond
  limit 9999) as "g" on true
  limit 9999) as "counted";

-- update-conversation
select "outcome", "changed", "conversation"
  from update_conversation($1, $2, $3, $4, $5, $6) as "updated";

-- update-member
select "outcome", "changed", "conversation", "member"
  from update_member($1, $2, $3, $4, $5, $6, $7) as "updated";

-- upload-by-id
select *
  from "uploads"
  where "id" = $1 and "space" = $2 and "deleted_at" is null;

-- users-to-move
select *
  from "users"
  where "space" = $1
  order by "user_id";

-- versions-of-message
select "g"."sender_id", "g"."body", "g"."created_at", "g"."edited_at", "g"."deleted_at", "version"."rev" as "version_rev", "version"."body" as "version_body", "version"."at" as "version_at"
  from "sights" as "m"
  inner join "conversations" as "c" on "c"."no" = "m"."conversation_no"
  inner join "messages" as "g" on "g"."conversation_no" = "c"."no" and "g"."seq" = $1 and "g"."seq" > "m"."from_seq" and "g"."seq" <= coalesce(m.until_seq, c.last_seq)
  left join lateral (select "v"."rev", "v"."body", "v"."at"
  from "message_versions" as "v"
  where "v"."conversation_no" = "g"."conversation_no" and "v"."seq" = "g"."seq" and "v"."rev" > $2
  order by "v"."rev"
  limit $3) as "version" on true
  where "m"."space" = $4 and "m"."user_id" = $5 and "c"."no" = $6
  order by "version"."rev";

-- when-last-seen
select "user_id", "last_seen"
  from "users"
  where "space" = $1 and "user_id" = any($2::text[]) and "last_seen" is not null;
