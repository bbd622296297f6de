-- Connections of a node were closed. Their users stay online for the grace; nothing is announced before its end.
--
-- KEYS 1-8 as in shard.lua
-- ARGV 1-3 as in shard.lua · 4 grace, ms · 5… members
-- Returns { members of this node }

local grace = tonumber(ARGV[4])

for i = 5, #ARGV do
  local member = ARGV[i]
  if redis.call('ZREM', held, member) == 1 then redis.call('ZADD', closing, now + grace, member) end
end
redis.call('PEXPIRE', closing, keep)

return { redis.call('ZCARD', held) }
