"""What runs inside Redis, each in one step and one round trip. Key names are in `keys.py`."""

from __future__ import annotations

from typing import Final

TAKE_OVER: Final = """
-- KEYS lease; ARGV the dead owner's lease, ours, lease in ms. 1 when it is ours now.
-- Ours already: a cut connection made the library ask twice.
local held = redis.call('GET', KEYS[1])
if held == false or held == ARGV[1] or held == ARGV[2] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return 1
end
return 0
"""

RENEW: Final = """
-- KEYS leases; ARGV lease in ms, then our word for each. Returns 1 for each that is ours.
-- A lease that is gone (a flush, a restart) is made again: its owner is here, at work.
local ours = {}
for i, key in ipairs(KEYS) do
  local held = redis.call('GET', key)
  if held == false or held == ARGV[i + 1] then
    redis.call('SET', key, ARGV[i + 1], 'PX', ARGV[1])
    ours[i] = 1
  else
    ours[i] = 0
  end
end
return ours
"""

RELEASE: Final = """
-- KEYS leases; ARGV our word for each. Deletes those that are still ours and says how many.
local count = 0
for i, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[i] then
    count = count + redis.call('DEL', key)
  end
end
return count
"""

CONFIRM: Final = """
-- KEYS lease, shard of the mark; ARGV our word, field, article, seconds the shard lives.
-- The lease goes even when the server is too full for the mark.
local told = redis.pcall('HSET', KEYS[2], ARGV[2], ARGV[3])
if type(told) == 'number' then
  redis.call('EXPIRE', KEYS[2], ARGV[4], 'NX')
end
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
if type(told) ~= 'number' then
  return told
end
return 1
"""

REMEMBER: Final = """
-- KEYS the shard of each mark; ARGV seconds the shards live, then field and article of each.
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, ARGV[2 * i], ARGV[2 * i + 1])
  redis.call('EXPIRE', key, ARGV[1], 'NX')
end
return #KEYS
"""

_BANDS_OF: Final = """
-- A band is five bytes: two choose one of 49152 strings of its period, three name it there. Behind its name stand the
-- eight bytes of an article. The strings of a text are read in one command; their keys are made here: forty of them for
-- a text would cost the asking process more than the whole answer.
local byte, sub, find, call = string.byte, string.sub, string.find, redis.call
local function add_keys(keys, period, bands)
  for at = 1, #bands, 5 do
    local one, two = byte(bands, at, at + 1)
    keys[#keys + 1] = period .. (one * 256 + two) % 49152
  end
end
-- Returns where the next article of a band stands in a string, nil behind the last.
local function place(held, name, from)
  local at = find(held, name, from, true)
  while at and at % 11 ~= 1 do
    at = find(held, name, at + 1, true)
  end
  return at
end
"""

FIND_BANDS: Final = (
    _BANDS_OF
    + """
-- ARGV prefix, then for each text: first and last period, its bands. Returns for each text the articles that share a
-- band with it, sixteen hexadecimal digits each, and behind each how many bands they share.
-- A period that has no mark has no bands, as the one to come mostly.
local digits = string.rep('%02x', 8)
local marked = {}
local function has_bands(period)
  if marked[period] == nil then
    marked[period] = call('EXISTS', ARGV[1] .. period) == 1
  end
  return marked[period]
end
local found = {}
for i = 2, #ARGV, 2 do
  local first, last = string.match(ARGV[i], '(%S+) (%S+)')
  local bands = ARGV[i + 1]
  local keys, shared, articles = {}, {}, {}
  for number = tonumber(first), tonumber(last) do
    local period = string.format('%d', number)
    if has_bands(period) then
      add_keys(keys, ARGV[1] .. period .. ':', bands)
    end
  end
  local strings = #keys > 0 and call('MGET', unpack(keys)) or {}
  for k, held in ipairs(strings) do
    if held then
      local name = sub(bands, (k - 1) * 5 % #bands + 3, (k - 1) * 5 % #bands + 5)
      local at = place(held, name, 1)
      while at do
        local article = sub(held, at + 3, at + 10)
        shared[article] = (shared[article] or 0) + 1
        at = place(held, name, at + 11)
      end
    end
  end
  for article, count in pairs(shared) do
    articles[#articles + 1] = string.format(digits, byte(article, 1, 8))
    articles[#articles + 1] = count
  end
  found[#found + 1] = articles
end
return found
"""
)

REMEMBER_BANDS: Final = (
    _BANDS_OF
    + """
-- ARGV prefix, whether lives are renewed, then for each article: its period and the seconds that it lives, its eight
-- bytes, its bands. Returns how many articles there were. A band that 64 articles have, which a form letter has, takes
-- no more.
for i = 3, #ARGV, 3 do
  local period, life = string.match(ARGV[i], '(%S+) (%S+)')
  local article, bands = ARGV[i + 1], ARGV[i + 2]
  local keys, written = {}, {}
  add_keys(keys, ARGV[1] .. period .. ':', bands)
  call('SET', ARGV[1] .. period, '', 'EX', life)
  for k, held in ipairs(call('MGET', unpack(keys))) do
    local key, name = keys[k], sub(bands, k * 5 - 2, k * 5)
    if not held and not written[key] then
      call('SET', key, name .. article, 'EX', life)
      written[key] = true
    else
      local at, count = held and place(held, name, 1), 0
      while at do
        count = sub(held, at + 3, at + 10) == article and 64 or count + 1
        at = count < 64 and place(held, name, at + 11)
      end
      if count < 64 then
        call('APPEND', key, name .. article)
      end
      if ARGV[2] == '1' then
        call('EXPIRE', key, life)
      end
    end
  end
end
return (#ARGV - 2) / 3
"""
)

TURN: Final = """
-- KEYS host; ARGV delay in ms. Takes the next free turn, by the server's clock, and returns the ms until it.
-- Nobody asks for more than a day: a turn two days away was written while the clock was wrong.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local turn = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
if turn - now > 172800000 then
  turn = now
end
local free = turn + tonumber(ARGV[1])
redis.call('SET', KEYS[1], string.format('%.0f', free), 'PX', string.format('%.0f', free - now))
return turn - now
"""
