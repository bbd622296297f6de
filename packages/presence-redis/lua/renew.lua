-- Renews a node's lease, and elects the shard's sweeper: the node that was it, or the first to come when that one is gone.
-- When the shard slept, it starts its youth, and every node that is known gets a whole lease to come back in.
--
-- KEYS 1-8 as in shard.lua
-- ARGV 1-3 as in shard.lua · 4 node · 5 how long a sweeper stays elected without renewing, ms
-- Returns { now, 1 if the lease was still good, members of this node, how long the shard is unsure, 1 if this node
--           sweeps, announcements so far }

local node, sweeperMs = ARGV[4], tonumber(ARGV[5])

if slept() then
  redis.call('HSET', meta, 'born', now)
  redis.call('HDEL', meta, 'sweeper')
  for _, known in ipairs(redis.call('ZRANGE', leases, 0, -1)) do
    redis.call('ZADD', leases, now + lease, known)
  end
end
redis.call('HSET', meta, 'beat', now)

local ends = tonumber(redis.call('ZSCORE', leases, node))
redis.call('ZADD', leases, now + lease, node)

local sweeper = redis.call('HMGET', meta, 'sweeper', 'sweeperUntil')
local sweeps = sweeper[1] == node or not sweeper[1] or tonumber(sweeper[2]) < now
if sweeps then redis.call('HSET', meta, 'sweeper', node, 'sweeperUntil', now + sweeperMs) end

redis.call('PEXPIRE', meta, keep)
redis.call('PEXPIRE', leases, keep)
redis.call('PEXPIRE', held, keep)

return {
  now,
  (ends and ends > now) and 1 or 0,
  redis.call('ZCARD', held),
  unsureFor(),
  sweeps and 1 or 0,
  tonumber(redis.call('HGET', meta, 'told') or 0),
}
