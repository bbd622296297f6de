-- A node gives up its lease and all its connections in one step, whatever their number: the sweeper puts them into the
-- drain's grace, whose end is fixed here.
--
-- KEYS 1-8 as in shard.lua
-- ARGV 1-3 as in shard.lua · 4 node · 5 lost grace, ms
-- Returns { members of this node }

local node, lostGrace = ARGV[4], tonumber(ARGV[5])

redis.call('ZREM', leases, node)
if redis.call('HGET', meta, 'sweeper') == node then redis.call('HDEL', meta, 'sweeper', 'sweeperUntil') end
local count = redis.call('ZCARD', held)
if count > 0 then
  redis.call('ZADD', retired, now + lostGrace, node)
  redis.call('PEXPIRE', retired, keep)
  redis.call('PEXPIRE', held, keep)
end
return { count }
