-- What every operation of a shard shares. The loader puts this text before each of them.
--
-- KEYS, the same in every operation; all carry one hash tag, so that a call touches one slot:
--   1 meta      hash: `beat` when anybody last renewed, `born` since when the shard is watched without a break,
--               `told` how many announcements were made, `sweeper` and `sweeperUntil`
--   2 leases    sorted set: node -> when its lease ends
--   3 retired   sorted set: node that gave up its lease -> when the grace of its connections ends
--   4 members   sorted set by name: one member per connection, `space \0 user \0 node \0 connection`
--   5 closing   sorted set: connection that was closed -> when its grace ends
--   6 lost      sorted set: connection of a lost node -> when its grace ends
--   7 channel   where transitions are announced
--   8 held      sorted set: connection of one node -> the round in which it was registered (where an operation has a node)
-- ARGV, the same in every operation:
--   1 lease, ms   2 youth, ms: how long a new shard cannot tell who is missing   3 keep, ms: what all keys live unused
--
-- Times are milliseconds of Redis' own clock: no node's clock is ever compared with another's.
-- A connection in `members` counts until a sweep takes it out, so what is read and what was announced always agree.

local meta, leases, retired, members, closing, lost, channel, held =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local lease, youth, keep = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- A user with more connections than this is judged by the first of them.
local CONNECTIONS_READ_MAX = 128
local CHANGES_PER_MESSAGE_MAX = 200

-- Nobody renewed for half a lease, or the clock jumped: Redis was restarted, frozen, cut off or replaced. An expired lease
-- proves nothing then, because nobody could have renewed it.
local function slept()
  local beat = tonumber(redis.call('HGET', meta, 'beat'))
  return not beat or math.abs(now - beat) > lease / 2
end

-- How long the shard still cannot tell; 0 when it can.
local function unsureFor()
  if slept() then return youth end
  local born = tonumber(redis.call('HGET', meta, 'born')) or now
  return math.max(0, born + youth - now)
end

local function userOf(member)
  return string.match(member, '^[^%z]*%z[^%z]*')
end

-- A closed connection counts as online in its grace; one of a lost node makes its user stale.
local function statusOf(user)
  local status = 'offline'
  local found = redis.call('ZRANGE', members, '[' .. user .. '\0', '(' .. user .. '\1', 'BYLEX', 'LIMIT', 0, CONNECTIONS_READ_MAX)
  for _, member in ipairs(found) do
    if not redis.call('ZSCORE', lost, member) then return 'online' end
    status = 'stale'
  end
  return status
end

local changes = {}
local function change(user, status, seenAt)
  local space, id = string.match(user, '^([^%z]*)%z(.*)$')
  changes[#changes + 1] = { space, id, status, seenAt }
end

-- Announces the changes of this call, in the same step that made them, so that each is told once.
-- A shard that is unsure keeps quiet: everybody reads again when it is sure.
local function announce()
  if #changes == 0 or unsureFor() > 0 then return 0 end
  for first = 1, #changes, CHANGES_PER_MESSAGE_MAX do
    local part = {}
    for i = first, math.min(first + CHANGES_PER_MESSAGE_MAX - 1, #changes) do part[#part + 1] = changes[i] end
    local told = redis.call('HINCRBY', meta, 'told', 1)
    redis.call('SPUBLISH', channel, cjson.encode({ told, part }))
  end
  return #changes
end
