-- Ends the graces that are over, and says which nodes are gone. Called by the elected sweeper; a second one does no harm.
-- An unsure shard ends nothing: what looks expired may only have been unable to renew.
--
-- KEYS 1-7 as in shard.lua
-- ARGV 1-3 as in shard.lua · 4 grace, ms · 5 lost grace, ms · 6 members in one call, at most
-- Returns { members taken out, transitions announced, ms until there is something to do (-1: nothing is known to come),
--           { nodes that are lost or retired }, { user, when last seen in ms, … of those who went offline } }

local grace, lostGrace, limit = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])

local unsure = unsureFor()
if unsure > 0 then return { 0, 0, unsure, {}, {} } end

-- All members go before anybody is judged: a user whose last two connections end in one sweep goes offline once.
local users, before, seenAt, taken = {}, {}, {}, 0
local function takeDue(set, itsGrace)
  local due = redis.call('ZRANGE', set, '-inf', now, 'BYSCORE', 'LIMIT', 0, limit, 'WITHSCORES')
  for i = 1, #due, 2 do
    local member, user = due[i], userOf(due[i])
    if not before[user] then
      users[#users + 1] = user
      before[user] = statusOf(user)
    end
    seenAt[user] = math.max(seenAt[user] or 0, due[i + 1] - itsGrace)
  end
  for i = 1, #due, 2 do
    redis.call('ZREM', set, due[i])
    redis.call('ZREM', members, due[i])
    taken = taken + 1
  end
end
takeDue(closing, grace)
takeDue(lost, lostGrace)

local seen = {}
for _, user in ipairs(users) do
  local after = statusOf(user)
  if after == 'offline' then
    seen[#seen + 1] = user
    seen[#seen + 1] = seenAt[user]
    change(user, after, seenAt[user])
  elseif after ~= before[user] then
    change(user, after)
  end
end
local announced = announce()

local gone = redis.call('ZRANGE', retired, 0, limit - 1)
for _, node in ipairs(redis.call('ZRANGE', leases, '-inf', now, 'BYSCORE', 'LIMIT', 0, limit)) do gone[#gone + 1] = node end

local wait = -1
for _, set in ipairs({ closing, lost, leases }) do
  local first = redis.call('ZRANGE', set, 0, 0, 'WITHSCORES')
  if first[2] then
    local ms = math.max(0, first[2] - now)
    if wait < 0 or ms < wait then wait = ms end
  end
end

redis.call('PEXPIRE', members, keep)
redis.call('PEXPIRE', closing, keep)
redis.call('PEXPIRE', lost, keep)
redis.call('PEXPIRE', retired, keep)

return { taken, announced, wait, gone, seen }
