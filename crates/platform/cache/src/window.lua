-- The sliding window of window.rs, done by Redis in one step, on the clock of Redis, so that replicas share it.
--
-- KEYS[1]  hash of one key's hits: slot index -> hits
-- ARGV     operation, slot width in ms, limit, cost, slots per window, [test only: the time in ms]
-- Returns  {1, remaining} when allowed, {0, milliseconds to wait} when limited.

local operation, slot_ms, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local cost, window_slots = tonumber(ARGV[4]), tonumber(ARGV[5])
local now
if ARGV[6] then
  now = tonumber(ARGV[6])
else
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- tostring() would write a large index as 5.6e+07
local function field(index)
  return string.format('%.0f', index)
end

local slots = {}
local flat = redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do
  slots[#slots + 1] = { index = tonumber(flat[i]), hits = tonumber(flat[i + 1]) }
end
table.sort(slots, function(a, b) return a.index < b.index end)

-- A clock that steps back (a failover to a replica of Redis) must not file new hits before old ones.
local current = math.floor(now / slot_ms)
if #slots > 0 and slots[#slots].index > current then
  current = slots[#slots].index
end
local used = 0
for i = #slots, 1, -1 do
  if slots[i].index + window_slots >= current then
    used = used + slots[i].hits
  else
    redis.call('HDEL', KEYS[1], field(slots[i].index))
    table.remove(slots, i)
  end
end

local function add(hits)
  if hits == 0 then return end
  redis.call('HINCRBY', KEYS[1], field(current), field(hits))
  redis.call('PEXPIRE', KEYS[1], field((window_slots + 2) * slot_ms))
end

local function take(hits)
  for i = #slots, 1, -1 do
    local taken = math.min(hits, slots[i].hits)
    slots[i].hits, hits, used = slots[i].hits - taken, hits - taken, used - taken
    if slots[i].hits == 0 then
      redis.call('HDEL', KEYS[1], field(slots[i].index))
      table.remove(slots, i)
    else
      redis.call('HSET', KEYS[1], field(slots[i].index), field(slots[i].hits))
    end
    if hits == 0 then return end
  end
end

local asked = 1
if operation == 'check' then
  if used + cost <= limit then
    add(cost)
    return { 1, limit - used - cost }
  end
  asked = cost
elseif operation == 'record' then
  add(cost)
  used = used + cost
  if #slots > 0 and slots[#slots].index == current then
    slots[#slots].hits = slots[#slots].hits + cost
  else
    slots[#slots + 1] = { index = current, hits = cost }
  end
elseif operation == 'refund' then
  take(cost)
elseif operation == 'reset' then
  redis.call('DEL', KEYS[1])
  slots, used = {}, 0
end

local excess = used + asked - limit
if excess <= 0 then
  return { 1, limit - used }
end
local freed = 0
for i = 1, #slots do
  freed = freed + slots[i].hits
  if freed >= excess then
    return { 0, math.max((slots[i].index + window_slots + 1) * slot_ms - now, 1) }
  end
end
return { 0, (window_slots + 1) * slot_ms }
