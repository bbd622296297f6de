-- Puts some connections of a node that is gone into their grace. Of a lost node they make their users stale, which is
-- announced; of a retired one they stay online. The node is forgotten with its last connection.
-- Nothing happens when the node came back meanwhile, or when the shard is unsure.
--
-- KEYS 1-8 as in shard.lua
-- ARGV 1-3 as in shard.lua · 4 node · 5 lost grace, ms · 6 members in one call, at most
-- Returns { members put into their grace, members left: call again, transitions announced }

local node, lostGrace, limit = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])

if unsureFor() > 0 then return { 0, 0, 0 } end

local retiredUntil = tonumber(redis.call('ZSCORE', retired, node))
local ends = tonumber(redis.call('ZSCORE', leases, node))
if not retiredUntil and ends and ends > now then return { 0, 0, 0 } end

local found = redis.call('ZRANGE', held, 0, limit - 1)
for _, member in ipairs(found) do
  if retiredUntil then
    redis.call('ZADD', closing, retiredUntil, member)
  else
    local user = userOf(member)
    local before = statusOf(user)
    redis.call('ZADD', lost, (ends or now) + lostGrace, member)
    if before == 'online' and statusOf(user) == 'stale' then change(user, 'stale') end
  end
end
if #found > 0 then redis.call('ZREMRANGEBYRANK', held, 0, #found - 1) end
redis.call('PEXPIRE', closing, keep)
redis.call('PEXPIRE', lost, keep)

local left = redis.call('ZCARD', held)
if left == 0 then
  redis.call('ZREM', leases, node)
  redis.call('ZREM', retired, node)
end
return { #found, left, announce() }
