-- Opens a history if the stored one is missing, belongs to another server, or is neither the caller's nor above it.
-- KEYS  4 members   5 barrier   6 closed
-- ARGV  3 counter the caller has held, 0 for none   4 random part of it   5 1 if the caller saw that history broken
-- Reply 1. The counter rises above both, so that nothing said under an earlier one is believed. The barrier of a new epoch
-- is down, unless
-- the installation was declared new.

local stored = redis.call('GET', KEYS[1])
local held, held_random = tonumber(ARGV[3]), ARGV[4]
local counter, random = 0, ''
if stored then
  counter, random = stored:match('^(%d+) (%S+)')
  counter = tonumber(counter)
end
local same = held == counter and held_random == random
local usable = held < counter or (same and ARGV[5] ~= '1')
if usable and read_history() then return 1 end

local head, identity = redis.call('GET', KEYS[2]), server_facts()
local is_new = not stored and not head and held == 0 and redis.call('GET', KEYS[6]) == 'new'
local seq = head and head:match('^(%d+)') or '0'
local fresh = redis.sha1hex(ARGV[2]):sub(1, 12)
local next_counter = string.format('%d', math.max(counter, held) + 1)
redis.call('SET', KEYS[1], next_counter .. ' ' .. fresh .. ' ' .. identity)
redis.call('SET', KEYS[2], seq .. ' ' .. fresh)
if is_new and redis.call('EXISTS', KEYS[4]) == 0 then
  redis.call('SET', KEYS[5], fresh .. ' settled')
end
return 1
