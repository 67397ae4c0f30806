-- Gives a live session another active organization.
-- ARGV  7 field   8 organization or ''
-- Reply place, 'none'; or place, 'changed', record.

local history = read_history()
if not history then return nil end
local record = load_live(ARGV[7], (server_time()))
if not record then return at(history, 'none') end
append_of_session(history, 'session.changed', ARGV[7], 'organization-switched')
record.organization = ARGV[8]
record.taken_epoch, record.taken_seq = history.epoch, history.seq
local bytes = encode(record)
redis.call('HSET', KEYS[5], ARGV[7], bytes)
finish(history)
return at(history, 'changed', bytes)
