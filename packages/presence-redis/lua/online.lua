-- Who of a space is online, also stale, in the order of the bytes of their ids: one page of connections at a time.
-- The shard goes on while a caller pages, so each user who was online all the while is found exactly once.
--
-- KEYS 1-7 as in shard.lua
-- ARGV 1-3 as in shard.lua · 4 space · 5 the user after whom to begin, or nothing · 6 connections to look at, at most
--      7 1 if names are wanted
-- Returns { users found, 1 if there may be more, the last of them or nothing, user… }; nothing at all when the shard is unsure

local space, after, limit, named = ARGV[4], ARGV[5], tonumber(ARGV[6]), ARGV[7] == '1'

if unsureFor() > 0 then return {} end

-- A user's connections stand together, and all of them before `user \1`: a page that ends among them is not told of them twice.
local from = space .. '\0'
if after ~= '' then from = from .. after .. '\1' end
local found = redis.call('ZRANGE', members, '[' .. from, '(' .. space .. '\1', 'BYLEX', 'LIMIT', 0, limit)

local count, last, names = 0, '', {}
for _, member in ipairs(found) do
  local user = string.match(member, '^[^%z]*%z([^%z]*)')
  if user ~= last then
    count = count + 1
    last = user
    if named then names[#names + 1] = user end
  end
end
return { count, #found == limit and 1 or 0, last, unpack(names) }
