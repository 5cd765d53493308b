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

_BAND_PLACE: Final = """
-- A band is five bytes: two choose one of 49152 hashes of its period, three are the field.
-- The names of keys are made here: forty of them for a text would cost the asking process more than the whole answer.
local byte, sub, call = string.byte, string.sub, redis.call
local function place(bands, at)
  local one, two = byte(bands, at, at + 1)
  return (one * 256 + two) % 49152, sub(bands, at + 2, at + 4)
end
"""

FIND_BANDS: Final = (
    _BAND_PLACE
    + """
-- ARGV prefix, then for each text: first and last period, its bands. Returns for each text the articles that share a
-- band with it, sixteen hexadecimal digits each, and behind each how many bands they share.
-- A field holds up to eight articles, the most that keep a hash packed; the next eight lie in the same field with a
-- number behind. A period that has no mark has no bands, as the one to come mostly.
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
  local periods = {}
  for number = tonumber(first), tonumber(last) do
    local period = string.format('%d', number)
    if has_bands(period) then
      periods[#periods + 1] = ARGV[1] .. period .. ':'
    end
  end
  local shared = {}
  for at = 1, #bands, 5 do
    local shard, field = place(bands, at)
    for _, period in ipairs(periods) do
      local held, part = call('HGET', period .. shard, field), 0
      while held do
        for from = 1, #held, 8 do
          local article = sub(held, from, from + 7)
          shared[article] = (shared[article] or 0) + 1
        end
        part = part + 1
        held = #held == 64 and part < 8 and call('HGET', period .. shard, field .. string.char(part))
      end
    end
  end
  local articles = {}
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
    _BAND_PLACE
    + """
-- ARGV prefix, whether lives are renewed, then for each article: its period and the seconds that it lives, its eight
-- bytes, its bands. Returns how many articles there were. A band that 64 articles have, which a form letter has, takes
-- no more. A life that is not renewed is not written to the server's file again.
local renewed = ARGV[2] == '1'
for i = 3, #ARGV, 3 do
  local period, life = string.match(ARGV[i], '(%S+) (%S+)')
  local article, bands = ARGV[i + 1], ARGV[i + 2]
  call('SET', ARGV[1] .. period, '', 'EX', life)
  for at = 1, #bands, 5 do
    local shard, field = place(bands, at)
    local key = ARGV[1] .. period .. ':' .. shard
    local written = call('HSETNX', key, field, article)
    local part = 0
    while written == 0 and part < 8 do
      local name = part == 0 and field or field .. string.char(part)
      local held = call('HGET', key, name) or ''
      for from = 1, #held, 8 do
        if sub(held, from, from + 7) == article then
          written = 1
        end
      end
      if written == 0 and #held < 64 then
        call('HSET', key, name, held .. article)
        written = 1
      end
      part = part + 1
    end
    if renewed then
      call('EXPIRE', key, life)
    else
      call('EXPIRE', key, life, 'NX')
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
