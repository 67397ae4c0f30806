-- Which sessions of a subject are meant.
-- ARGV  7 'one' | 'others' | 'all' | 'device' | 'before' | 'organization'   8 field to end, or to keep   9 device code
--       10 moment, ms   11 organization
-- Returns selects(field, record); a record that cannot be read is among them.

local function selection(history)
  local mode = ARGV[7]
  if mode == 'one' then return function(field) return field == ARGV[8] end end
  if mode == 'others' then return function(field) return field ~= ARGV[8] end end
  if mode == 'all' then return function() return true end end
  if mode == 'device' then
    return function(_, record) return not record or record.device == tonumber(ARGV[9]) end
  end
  if mode == 'organization' then
    return function(_, record) return not record or record.organization == ARGV[11] end
  end
  local moment = tonumber(ARGV[10])
  local position = string.format('%d %d', first_at(history, moment))
  return function(_, record)
    if not record or record.started * 1000 < moment then return true end
    return is_before(record.family_epoch, record.family_seq, position)
  end
end
