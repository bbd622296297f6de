-- Ends a registration of everything: what the node did not name again in this round was closed while it could not say so.
--
-- KEYS 1-8 as in shard.lua
-- ARGV 1-3 as in shard.lua · 4 grace, ms · 5 round · 6 members in one call, at most
-- Returns { members of this node, how many of them are still of an older round: call again }

local grace, older, limit = tonumber(ARGV[4]), '(' .. ARGV[5], tonumber(ARGV[6])

for _, member in ipairs(redis.call('ZRANGE', held, '-inf', older, 'BYSCORE', 'LIMIT', 0, limit)) do
  redis.call('ZREM', held, member)
  redis.call('ZADD', closing, now + grace, member)
end
redis.call('PEXPIRE', closing, keep)

return { redis.call('ZCARD', held), redis.call('ZCOUNT', held, '-inf', older) }
