-- Lists the live sessions of a subject.
-- Reply place, then field, record, label or '' of each.

local history = read_history()
if not history then return nil end
local now = server_time()
local reply = at(history)
each_session(function(field, bytes, record)
  if not is_live(record, now) then return end
  reply[#reply + 1] = field
  reply[#reply + 1] = bytes
  reply[#reply + 1] = redis.call('HGET', KEYS[6], field) or ''
end)
return reply
