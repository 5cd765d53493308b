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
-- A band is five bytes: fifteen bits choose one of 32768 strings of its period, the last three bytes name it there.
-- Behind its name stand the eight bytes of an article.
-- Most bands of a text are nobody else's, and the strings grow with the archive. So a period has a bit for the first 25
-- of a band (4 MB), set when it is written, and only strings of set bits are read.
local byte, sub, find, call = string.byte, string.sub, string.find, redis.call
local function string_of(period, bands, at)
  local one, two = byte(bands, at, at + 1)
  return string.format('%s:%x', period, one * 128 + (two - two % 2) / 2)
end
-- Returns whether each of the bands may be held by a period, and sets their bits when they are about to be.
local function bits(period, bands, writes)
  local asked = { writes and 'BITFIELD' or 'BITFIELD_RO', period .. ':bits' }
  for at = 1, #bands, 5 do
    local one, two, three, four = byte(bands, at, at + 3)
    asked[#asked + 1] = writes and 'SET' or 'GET'
    asked[#asked + 1] = 'u1'
    asked[#asked + 1] = one * 131072 + two * 512 + three * 2 + (four > 127 and 1 or 0)
    if writes then
      asked[#asked + 1] = 1
    end
  end
  return call(unpack(asked))
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
-- A period that has no mark has no bands, as the one to come mostly; all strings are read of one that has no bits.
local digits = string.rep('%02x', 8)
local known = {}
local function what_is_known_of(period)
  if not known[period] then
    known[period] = call('EXISTS', period .. ':bits') == 1 and 'bits'
        or call('EXISTS', period) == 1 and 'mark' or 'none'
  end
  return known[period]
end
local found = {}
for i = 2, #ARGV, 2 do
  local first, last = string.match(ARGV[i], '(%S+) (%S+)')
  local bands = ARGV[i + 1]
  local keys, names, shared, articles = {}, {}, {}, {}
  for number = tonumber(first), tonumber(last) do
    local period = ARGV[1] .. string.format('%d', number)
    local has = what_is_known_of(period)
    local may_be_held = has == 'bits' and bits(period, bands)
    for at = 1, has == 'none' and 0 or #bands, 5 do
      if not may_be_held or may_be_held[(at + 4) / 5] == 1 then
        keys[#keys + 1] = string_of(period, bands, at)
        names[#names + 1] = sub(bands, at + 2, at + 4)
      end
    end
  end
  local strings = #keys > 0 and call('MGET', unpack(keys)) or {}
  for k, held in ipairs(strings) do
    local at = held and place(held, names[k], 1)
    while at do
      local article = sub(held, at + 3, at + 10)
      shared[article] = (shared[article] or 0) + 1
      at = place(held, names[k], at + 11)
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
-- ARGV prefix, whether lives are renewed, then for each article: its period, the seconds that it lives and whether it
-- has bits, its eight bytes, its bands. Returns how many articles there were. A band that 64 articles have, which a
-- form letter has, takes no more. A period whose bits were lost goes on without: new ones would hide what it holds.
local has_bits = {}
local function renew(period, life, wants_bits)
  local is_new = not call('SET', period, '', 'EX', life, 'GET')
  if is_new and wants_bits and call('EXISTS', period .. ':bits') == 0 then
    call('SETBIT', period .. ':bits', 33554431, 0)
  end
  has_bits[period] = call('EXPIRE', period .. ':bits', life) == 1
end
for i = 3, #ARGV, 3 do
  local number, life, wants_bits = string.match(ARGV[i], '(%S+) (%S+) (%S+)')
  local period, article, bands = ARGV[1] .. number, ARGV[i + 1], ARGV[i + 2]
  if has_bits[period] == nil then
    renew(period, life, wants_bits == '1')
  end
  local may_be_held = has_bits[period] and bits(period, bands, true)
  for at = 1, #bands, 5 do
    local key, name = string_of(period, bands, at), sub(bands, at + 2, at + 4)
    local held = (not may_be_held or may_be_held[(at + 4) / 5] == 1) and call('GET', key)
    local next, count = held and place(held, name, 1), 0
    while next do
      count = sub(held, next + 3, next + 10) == article and 64 or count + 1
      next = count < 64 and place(held, name, next + 11)
    end
    if count < 64 and (call('APPEND', key, name .. article) == 11 or ARGV[2] == '1') then
      call('EXPIRE', key, life)
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
