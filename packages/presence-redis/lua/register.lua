-- Connections of a node came. Doing it again changes nothing. Users who were not online are announced as online.
--
-- KEYS 1-8 as in shard.lua
-- ARGV 1-3 as in shard.lua · 4 node · 5 round · 6… members
-- Returns { members of this node, transitions announced }; { -1, 0 } and does nothing when the node has no lease here, for
-- then nobody would notice its death.

local node, round = ARGV[4], tonumber(ARGV[5])

local ends = tonumber(redis.call('ZSCORE', leases, node))
if not ends or ends <= now then return { -1, 0 } end

for i = 6, #ARGV do
  local member = ARGV[i]
  local user = userOf(member)
  local before = statusOf(user)
  redis.call('ZADD', members, 0, member)
  redis.call('ZADD', held, round, member)
  redis.call('ZREM', closing, member)
  redis.call('ZREM', lost, member)
  if before ~= 'online' then change(user, 'online') end
end
redis.call('PEXPIRE', members, keep)
redis.call('PEXPIRE', held, keep)

local announced = announce()
return { redis.call('ZCARD', held), announced }
