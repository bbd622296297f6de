-- How users stand.
--
-- KEYS 1-7 as in shard.lua
-- ARGV 1-3 as in shard.lua · 4… users, as `space \0 user`
-- Returns one of `online`, `stale`, `offline` for each; nothing at all when the shard is unsure

if unsureFor() > 0 then return {} end

local found = {}
for i = 4, #ARGV do found[#found + 1] = statusOf(ARGV[i]) end
return found
