-- The log's history, and how a script adds to it.
-- KEYS  1 epoch   2 head   3 log
-- ARGV  1 hints channel   2 instance that originates, random of this call, who asked or '', id of the change or '', with
--       colons between them
-- A script reads the history first and does nothing if there is none of this server; what it appended becomes visible
-- in finish(), which comes last, since a publication cannot be taken back.

local LOG_ENTRIES = 100000
local ORIGINATOR, ACTOR, CHANGE = ARGV[2]:match('^([^:]*):[^:]*:?([^:]*):?(.*)$')

-- Whose history this may be, and how many replicas are attached.
local function server_facts()
  local info = redis.call('INFO', 'server', 'replication')
  local identity = info:match('run_id:(%x+)') .. ' ' .. info:match('master_replid:(%x+)')
  return identity, tonumber(info:match('connected_slaves:(%d+)') or 0)
end

local function read_history()
  local epoch, head = redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2])
  if not epoch or not head then return nil end
  local counter, random, identity = epoch:match('^(%d+) (%S+) (.+)$')
  local own, replicas = server_facts()
  if identity ~= own then return nil end
  local seq, nonce = head:match('^(%d+) (%S+)$')
  return {
    epoch = tonumber(counter), random = random, seq = tonumber(seq), nonce = nonce,
    replicas = replicas, hints = {},
  }
end

-- Milliseconds since 1970.
local function server_time_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- event: kind, cause, and those of session, subject, organization that it is about. t is the server's time, in ms.
local function append(history, event)
  history.seq = history.seq + 1
  local previous = history.nonce
  history.nonce = redis.sha1hex(ARGV[2] .. history.seq):sub(1, 12)
  local fields = {
    'k', event.kind, 'n', history.nonce, 'p', previous, 'c', event.cause, 'i', ORIGINATOR,
    't', string.format('%d', server_time_ms()),
  }
  local about = { s = event.session, u = event.subject, o = event.organization }
  if ACTOR ~= '' then about.a = ACTOR end
  if CHANGE ~= '' then about.x = CHANGE end
  for name, value in pairs(about) do
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end
  local id = string.format('%d-%d', history.epoch, history.seq)
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', LOG_ENTRIES, id, unpack(fields))
  history.hints[#history.hints + 1] = { id, fields }
end

local function write_head(history)
  redis.call('SET', KEYS[2], string.format('%d %s', history.seq, history.nonce))
end

local function finish(history)
  if #history.hints == 0 then return end
  write_head(history)
  redis.call('PUBLISH', ARGV[1], cjson.encode(history.hints))
end

-- 'settled' | 'done' | 'down', of this epoch.
local function barrier_state(history, key)
  local random, state = (redis.call('GET', key) or ''):match('^(%S+) (%S+)$')
  return random == history.random and state or 'down'
end

-- Every script of a change or a load answers with its place in the history first.
local function at(history, ...)
  return { history.epoch, history.seq, history.nonce, ... }
end
