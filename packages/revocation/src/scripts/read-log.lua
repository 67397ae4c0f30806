-- Reads the log onward for application code; proves nothing and changes nothing.
-- KEYS  1 epoch   2 head   3 log
-- ARGV  3 epoch and   4 seq after which to read   5 most entries
-- Reply place of the head, id of the oldest entry ('' if there is none), entries after the place, oldest first. nil if there
-- is no history of this server.

local history = read_history()
if not history then return nil end
local oldest = redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', 1)[1]
local after = string.format('(%s-%s', ARGV[3], ARGV[4])
local entries = redis.call('XRANGE', KEYS[3], after, '+', 'COUNT', ARGV[5])
return at(history, oldest and oldest[1] or '', entries)
