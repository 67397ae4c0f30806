-- Where in the log's history a moment lies.

-- Server's time at an entry, in ms; 0 where none is noted, as if it were long ago.
local function time_of(entry)
  local fields = entry[2]
  for i = 1, #fields, 2 do
    if fields[i] == 't' then return tonumber(fields[i + 1]) end
  end
  return 0
end

local function place_of(entry)
  local epoch, seq = entry[1]:match('^(%d+)-(%d+)$')
  return tonumber(epoch), tonumber(seq)
end

-- In one epoch, whose last entry is at the moment or later: the first such entry, and whether one is earlier.
local function first_in_epoch(epoch, last, moment)
  local _, low = place_of(redis.call('XRANGE', KEYS[3], epoch, epoch, 'COUNT', 1)[1])
  local oldest, high, first = low, last - 1, last
  while low <= high do
    local middle = math.floor((low + high) / 2)
    local entry = redis.call('XRANGE', KEYS[3], epoch .. '-' .. middle, epoch, 'COUNT', 1)[1]
    local _, seq = place_of(entry)
    if time_of(entry) < moment then
      low = seq + 1
    else
      first, high = math.min(first, seq), middle - 1
    end
  end
  return first, first > oldest
end

-- epoch, seq: whatever began before the moment began below this place. Searched from the newest epoch back, as another
-- server may have another time; what is not in the log any more counts as earlier.
local function first_at(history, moment)
  local epoch, seq, before = history.epoch, history.seq + 1, '+'
  while true do
    local newest = redis.call('XREVRANGE', KEYS[3], before, '-', 'COUNT', 1)[1]
    if not newest or time_of(newest) < moment then return epoch, seq end
    local last
    epoch, last = place_of(newest)
    local is_found
    seq, is_found = first_in_epoch(epoch, last, moment)
    if is_found then return epoch, seq end
    before = string.format('(%d-0', epoch)
  end
end
