-- Loads a live session, and the cached claims if they may be believed. Writes nothing.
-- KEYS  7 cached claims; with them, before which place in the log the subject's sessions have ended, and which has not
-- ARGV  7 field   8 an organization that it has active elsewhere, or ''   9, 10 epoch and seq of a place at which it had
--       it; if sessions with that organization have been ended since, there is none
-- Reply place, 'none'; or place, 'live', subject, record, label or nil, server time in ms, lowest claims version to
-- believe, claims or nil.

local history = read_history()
if not history then return nil end
local now, micros = server_time()
if not load_live(ARGV[7], now) then return at(history, 'none') end
if ARGV[8] ~= '' and is_before(tonumber(ARGV[9]), tonumber(ARGV[10]), redis.call('HGET', KEYS[4], ARGV[8])) then
  return at(history, 'none')
end

local claims = redis.call('HMGET', KEYS[7], 'v', 'e', 'f', 'j', 's')
local record = decode(redis.call('HGET', KEYS[5], ARGV[7]))
if claims[5] and is_before(record.family_epoch, record.family_seq, claims[5]:match('^%d+ %d+'))
  and claims[5]:match('%S+$') ~= 'ses_' .. ARGV[6] .. ARGV[7] then
  return at(history, 'none')
end
local version, floor = tonumber(claims[1] or -1), tonumber(claims[3] or 0)
local believed = tonumber(claims[2]) == history.epoch and version >= floor
return at(history, 'live',
  redis.call('HGET', KEYS[5], SUBJECT),
  redis.call('HGET', KEYS[5], ARGV[7]),
  redis.call('HGET', KEYS[6], ARGV[7]),
  now * 1000 + math.floor(micros / 1000),
  floor,
  believed and claims[4])
