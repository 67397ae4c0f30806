-- Counts the live sessions that ending these would end. Writes nothing.
-- KEYS  5... sessions of each subject
-- ARGV  see selection.lua
-- Reply how many.

local history = read_history()
if not history then return nil end
local selects, now = selection(history), server_time()
local count = 0
for i = 5, #KEYS do
  each_session(function(field, _, record)
    if is_live(record, now) and selects(field, record) then count = count + 1 end
  end, KEYS[i])
end
return count
