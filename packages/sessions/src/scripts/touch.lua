-- Notes when sessions were last used. Never creates, never logs: a session that has ended stays ended.
-- KEYS  5... sessions of each subject
-- ARGV  6 unused   then for each key: field, age of the request in seconds
-- Reply how many were noted.

local history = read_history()
if not history then return nil end
local now = server_time()
local touched = 0
for i = 5, #KEYS do
  local field = ARGV[7 + 2 * (i - 5)]
  local seen = now - tonumber(ARGV[8 + 2 * (i - 5)])
  local record = decode(redis.call('HGET', KEYS[i], field))
  -- Judged when the request came, not when this is written.
  if is_live(record, seen) and seen > record.seen then
    record.seen = seen
    redis.call('HSET', KEYS[i], field, encode(record))
    touched = touched + 1
  end
end
return touched
