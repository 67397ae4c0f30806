-- Loads the cached rules of an organization if they may be believed. Writes nothing.
-- KEYS  4 cached rules
-- Reply place, lowest version to believe, rules or nil.

local history = read_history()
if not history then return nil end
local rules = redis.call('HMGET', KEYS[4], 'v', 'e', 'f', 'j')
local version, floor = tonumber(rules[1] or -1), tonumber(rules[3] or 0)
local believed = tonumber(rules[2]) == history.epoch and version >= floor
return at(history, floor, believed and rules[4])
