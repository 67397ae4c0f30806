-- Session records, see session-record.ts for the layout, and who is still believed.
-- KEYS  4 not-before map   5 sessions of the subject   6 device labels
-- ARGV  3, 4, 5 idle timeout of the profiles aal1, aal2, aal3 in seconds, 0 for none   6 handle of the subject

local FORMAT = '>I1I4I6I4I6I4I4I4I2I1I1'
local SUBJECT = 's'

local function server_time()
  local time = redis.call('TIME')
  return tonumber(time[1]), tonumber(time[2])
end

local function decode(bytes)
  if not bytes or #bytes < 37 or bytes:byte(1) ~= 1 then return nil end
  local _, fe, fs, oe, os, started, seen, ends, methods, levels, device, rest = struct.unpack(FORMAT, bytes)
  return {
    family_epoch = fe, family_seq = fs, taken_epoch = oe, taken_seq = os,
    started = started, seen = seen, ends = ends,
    methods = methods, levels = levels, device = device, organization = bytes:sub(rest),
  }
end

local function encode(r)
  return struct.pack(FORMAT, 1, r.family_epoch, r.family_seq, r.taken_epoch, r.taken_seq,
    r.started, r.seen, r.ends, r.methods, r.levels, r.device) .. r.organization
end

local function is_before(epoch, seq, position)
  if not position then return false end
  local floor_epoch, floor_seq = position:match('^(%d+) (%d+)$')
  floor_epoch, floor_seq = tonumber(floor_epoch), tonumber(floor_seq)
  return epoch < floor_epoch or (epoch == floor_epoch and seq < floor_seq)
end

local function is_live(r, now)
  if not r or now >= r.ends then return false end
  local idle = tonumber(ARGV[3 + math.floor(r.levels / 16)])
  if idle > 0 and now >= r.seen + idle then return false end
  if is_before(r.family_epoch, r.family_seq, redis.call('HGET', KEYS[4], '*')) then return false end
  if r.organization == '' then return true end
  return not is_before(r.taken_epoch, r.taken_seq, redis.call('HGET', KEYS[4], r.organization))
end

local function load_live(field, now)
  local record = decode(redis.call('HGET', KEYS[5], field))
  if is_live(record, now) then return record end
  return nil
end

-- Raises the place before which everyone ('*') or an organization is not believed; it never sinks.
local function raise_not_before(of, epoch, seq)
  local stored = redis.call('HGET', KEYS[4], of)
  local position = string.format('%d %d', epoch, seq)
  if stored and not is_before(tonumber(stored:match('^%d+')), tonumber(stored:match('%d+$')), position) then return end
  redis.call('HSET', KEYS[4], of, position)
end

-- Calls visit(field, bytes, record) for every stored session, live or not; of the subject, or in another key.
local function each_session(visit, key)
  local flat = redis.call('HGETALL', key or KEYS[5])
  for i = 1, #flat, 2 do
    if flat[i] ~= SUBJECT then visit(flat[i], flat[i + 1], decode(flat[i + 1])) end
  end
end

local function forget(field)
  redis.call('HDEL', KEYS[5], field)
  redis.call('HDEL', KEYS[6], field)
end

-- Says something of one session, and whose it is, as far as that is known; the event is about the session alone.
local function append_of_session(history, kind, field, cause, subject)
  append(history, {
    kind = kind, session = 'ses_' .. ARGV[6] .. field, cause = cause,
    subject = redis.call('HGET', KEYS[5], SUBJECT) or subject,
  })
end

-- Ends one session: gone and logged in the same step.
local function end_session(history, field, cause, subject)
  forget(field)
  append_of_session(history, 'session.revoked', field, cause, subject)
end

-- Keeps the records until the last session's end; a subject without sessions leaves nothing behind.
local function settle_expiry()
  local last = 0
  each_session(function(_, _, record)
    if record and record.ends > last then last = record.ends end
  end)
  if last == 0 then redis.call('DEL', KEYS[5], KEYS[6]) return end
  redis.call('EXPIREAT', KEYS[5], last)
  redis.call('EXPIREAT', KEYS[6], last)
end
