-- Stores claims, or an organization's rules, that their owner answered, if nothing newer was announced or stored meanwhile.
-- KEYS  4 cached claims or rules
-- ARGV  3 epoch under which they were asked for   4 version   5 what was answered, JSON   6 lifetime, ms
-- Reply 1 if stored, 0 if not.

local history = read_history()
if not history then return nil end
local cached = redis.call('HMGET', KEYS[4], 'v', 'e', 'f')
local version = tonumber(ARGV[4])
if history.epoch ~= tonumber(ARGV[3]) then return 0 end
if version < tonumber(cached[3] or 0) then return 0 end
if tonumber(cached[2]) == history.epoch and version < tonumber(cached[1] or -1) then return 0 end
redis.call('HSET', KEYS[4], 'v', ARGV[4], 'e', ARGV[3], 'j', ARGV[5])
redis.call('PEXPIRE', KEYS[4], ARGV[6])
return 1
