import { type Script, script } from './script.ts';

/**
 * What both verbs share. Times are microseconds in doubles: whole numbers below 2^53, so exact until the year 2255.
 *
 * KEYS: one for each budget, each named once. ARGV: the time (0: the server's clock), the time after which nobody waits
 * for an answer any more (0: none), and whole numbers as `number-text.ts` writes them. First the shapes of checks: how
 * many, and of each its number of buckets, and of each bucket the kind, the limit, the span (of a window a 16th of it, of
 * a rate the interval, of a quota the window) and the cost. Then the checks: the place of its shape, when it asks once
 * and its keys are the first that were not named yet; with 32 more than that and then `times`, when it asks oftener; and
 * with 0, when it is another one: then follow its shape, `times` and the places of its keys.
 *
 * Values, of which only the beginning is written over where nothing else changes, as a write that leaves a key its life
 * costs half of one that sets it: of a `window` all permits that count, the number of the newest sub-window, and of each
 * one before, the oldest first, its number modulo 256 and its permits; of a `rate` the time at which all
 * permits are back and that at which the key expires; of a `quota` its permits and window. MGET answers nothing for a
 * key of another type, and what can't be read as a value counts as none: such a key begins anew, and never is an error
 * for those in the same batch. So does a budget whose window has changed: its sub-windows then lie in the past or more
 * than a window ahead. A clock that was set back by less than a window goes on counting in the newest sub-window.
 *
 * The answer is msgpack of status, time, and for each check either a number for each of its buckets, where a first look
 * was enough, or -1 less what was granted and for each bucket what is left, and µs until it has all and until the check
 * fits once more (-1: never).
 */
const shared = `
local now, late, keys, text = tonumber(ARGV[1]), tonumber(ARGV[2]), KEYS, ARGV[3]
local call, floor, pack, unpacked, byte = redis.call, math.floor, struct.pack, struct.unpack, string.byte
local fixed = now > 0
if not fixed then
  local t = call('TIME')
  now = t[1] * 1000000 + t[2]
end
if late > 0 and now > late then return cmsgpack.pack({0, now}) end
local values, out, n = call('MGET', unpack(keys)), {1, now}, 2

local bytes, size, p = {byte(text, 1, 4000)}, #text, 0
for from = 4001, size, 4000 do
  local more = {byte(text, from, from + 3999)}
  for k = 1, #more do bytes[from + k - 1] = more[k] end
end
local function number()
  p = p + 1
  local b = bytes[p]
  if b < 64 then return b end
  local value, unit = b - 64, 64
  repeat
    p = p + 1
    b = bytes[p]
    value, unit = value + b % 64 * unit, unit * 64
  until b < 64
  return value
end

-- six places for each bucket of a shape: kind, limit, span, cost, the (sub-)window of now, and for how long a key lives
-- that counts in it
local rules, starts, counts = {}, {}, {}
for s = 1, number() do
  local r = #rules
  starts[s], counts[s] = r, number()
  for b = 1, counts[s] do
    local kind, limit, span = number(), number(), number()
    rules[r + 1], rules[r + 2], rules[r + 3] = kind, limit, span
    rules[r + 4], rules[r + 5], rules[r + 6] = number(), floor(now / span), false
    r = r + 6
  end
end

-- a rate's key lives longer than it is needed: who comes often is not given a new life each time
local function lifeOf(left)
  return left < 5000000 and 10000000 or left * 2
end

-- What takes more than a look. It is made when it is needed: a script pays for each function that it makes and for each
-- variable that one finds outside.
local function makeLedger(now, fixed, keys, values, out, rules, lifeOf)
  local call, floor, ceil, format = redis.call, math.floor, math.ceil, string.format
  local pack, unpacked = struct.pack, struct.unpack
  -- of each key that was looked at: its rule, the permits that count (rate: the time until all are back), the
  -- (sub-)window that counts now, of a window its sub-windows and their permits, of a rate when the key expires
  local ruleOf, used, at, lists, expires = {}, {}, {}, {}, {}
  local changed, changes = {}, 0

  local function read(i, r)
    local kind, span, period, value = rules[r + 1], rules[r + 3], rules[r + 5], values[i]
    ruleOf[i] = r
    if value == 0 then value = call('GET', keys[i]) end
    if kind == 1 then
      local left, most = 0, rules[r + 2] * span
      if value and #value == 16 then
        local back, ends = unpacked('<dd', value)
        left, expires[i] = back - now, ends
        if not (left > 0) then left = 0 elseif left > most then left = most end
      end
      used[i] = left
      return
    end
    at[i], used[i] = period, 0
    if kind == 2 then
      if value and #value == 12 then
        local permits, window = unpacked('<I4d', value)
        if window >= period and window <= period + 1 then at[i], used[i] = window, permits end
      end
      return
    end
    local list, n, total = {}, 0, 0
    lists[i] = list
    if not value or #value % 5 ~= 2 or #value < 12 or #value > 92 then return end
    local count, newest = unpacked('<I4d', value)
    if not (newest > period - 17 and newest < period + 17) then return end
    for from = 13, #value, 5 do
      local index, permits = unpacked('<BI4', value, from)
      index, count = newest - (newest - index) % 256, count - permits
      if index > period - 17 then list[n + 1], list[n + 2], n, total = index, permits, n + 2, total + permits end
    end
    list[n + 1], list[n + 2] = newest, count
    used[i] = total + count
    if newest > period then at[i] = newest end
  end

  local function fit(i, r)
    local limit, span = rules[r + 2], rules[r + 3]
    if rules[r + 1] == 1 then return floor((limit * span - used[i]) / span) end
    local left = limit - used[i]
    return left > 0 and left or 0
  end

  local function untilAll(i, r)
    if rules[r + 1] == 1 then return used[i] end
    if used[i] == 0 then return 0 end
    if rules[r + 1] == 2 then return (at[i] + 1) * rules[r + 3] - now end
    local list = lists[i]
    return (list[#list - 1] + 17) * rules[r + 3] - now
  end

  local function untilFit(i, r)
    local kind, limit, span, cost = rules[r + 1], rules[r + 2], rules[r + 3], rules[r + 4]
    if cost > limit then return -1 end
    if kind == 1 then
      local over = used[i] + (cost - limit) * span
      return over > 0 and over or 0
    end
    local lack = used[i] + cost - limit
    if lack <= 0 or cost == 0 then return 0 end
    if kind == 0 then
      local list = lists[i]
      for k = 1, #list, 2 do
        lack = lack - list[k + 1]
        if lack <= 0 then return (list[k] + 17) * span - now end
      end
    end
    return untilAll(i, r)
  end

  local function touch(i)
    if not changed[i] then
      changes = changes + 1
      changed[i], changed[-changes] = true, i
    end
  end

  local function write(i)
    local r, permits = ruleOf[i], used[i]
    if permits <= 0 then return call('DEL', keys[i]) end
    local kind, value, life = rules[r + 1], nil, nil
    if kind == 1 then
      local back = now + permits
      if expires[i] and back <= expires[i] then return call('SETRANGE', keys[i], '0', pack('<d', back)) end
      life = lifeOf(permits)
      value = pack('<dd', back, now + life)
    elseif kind == 2 then
      value, life = pack('<I4d', permits, at[i]), untilAll(i, r)
    else
      local list = lists[i]
      local size = #list
      value, life = pack('<I4d', permits, list[size - 1]), untilAll(i, r)
      for k = 1, size - 2, 2 do value = value .. pack('<BI4', list[k] % 256, list[k + 1]) end
    end
    call('SET', keys[i], value, 'PX', fixed and '3600000' or format('%.0f', ceil(life / 1000)))
  end

  local ledger = {}

  function ledger.look(i, r)
    if not ruleOf[i] then read(i, r) end
  end

  -- how many of so many requests fit
  function ledger.most(i, r, times)
    local cost = rules[r + 4]
    if cost == 0 then return times end
    local permits = fit(i, r)
    return permits < times * cost and floor(permits / cost) or times
  end

  function ledger.take(i, r, permits)
    if permits == 0 then return end
    touch(i)
    if rules[r + 1] == 1 then
      used[i] = used[i] + permits * rules[r + 3]
      return
    end
    used[i] = used[i] + permits
    local list = lists[i]
    if not list then return end
    local size = #list
    if list[size - 1] == at[i] then
      list[size] = list[size] + permits
    else
      list[size + 1], list[size + 2] = at[i], permits
    end
  end

  function ledger.putBack(i, r, permits, time)
    local kind, span = rules[r + 1], rules[r + 3]
    local index = floor(time / span)
    touch(i)
    if kind == 1 then
      used[i] = used[i] > permits * span and used[i] - permits * span or 0
    elseif kind == 2 then
      if at[i] == index then used[i] = used[i] > permits and used[i] - permits or 0 end
    else
      local list, kept, size = lists[i], {}, 0
      for k = 1, #list, 2 do
        local left = list[k + 1]
        if list[k] == index then
          local back = left < permits and left or permits
          left, used[i] = left - back, used[i] - back
        end
        if left > 0 then kept[size + 1], kept[size + 2], size = list[k], left, size + 2 end
      end
      lists[i] = kept
    end
  end

  function ledger.tell(n, i, r)
    out[n + 1], out[n + 2], out[n + 3] = fit(i, r), untilAll(i, r), untilFit(i, r)
    return n + 3
  end

  function ledger.write()
    for c = 1, changes do write(changed[-c]) end
  end

  return ledger
end
local ledger
`;

/**
 * Decides on checks, one after the other, each charged to all of its buckets or to none.
 *
 * `look` is enough where all is granted, the check fits once more, and what counts then is the (sub-)window of now. It
 * answers what to write, the number for the caller (of a rate µs until all is back, of the others what is left), and
 * where a life is to be set that life. A value that was written after a look is 0: it has to be read again.
 */
export const consumeScript: Script = script(`${shared}
local function look(value, rules, r, times, now, lifeOf)
  local kind, limit, span, cost, period = rules[r + 1], rules[r + 2], rules[r + 3], rules[r + 4], rules[r + 5]
  local pack, unpacked, permits, most = struct.pack, struct.unpack, times * cost, limit - cost
  if value == 0 or cost == 0 then return end
  if kind == 1 then
    local back, ends = now, 0
    if value then
      if #value ~= 16 then return end
      back, ends = unpacked('<dd', value)
      if not (back > now) then back = now end
    end
    back = back + permits * span
    local left = back - now
    if left > most * span then return end
    if back <= ends then return pack('<d', back), left end
    local life = lifeOf(left)
    return pack('<dd', back, now + life), left, life
  end
  if kind == 2 then
    if value then
      if #value ~= 12 then return end
      local before, window = unpacked('<I4d', value)
      if window == period then
        before = before + permits
        if before > most then return end
        return pack('<I4', before), limit - before
      end
      if window > period then return end
    end
    if permits > most then return end
    return pack('<I4d', permits, period), limit - permits, (period + 1) * span - now
  end
  local all, tail = permits, ''
  if value then
    local size = #value
    if size < 12 or size > 92 or size % 5 ~= 2 then return end
    local before, newest = unpacked('<I4d', value)
    if newest == period then
      before = before + permits
      if before > most then return end
      return pack('<I4', before), limit - before
    end
    if newest > period then return end
    if newest > period - 17 then
      local count, from = before, 13
      for k = 13, size, 5 do
        local index, spent = unpacked('<BI4', value, k)
        count = count - spent
        if (period - index) % 256 > 16 then before, from = before - spent, k + 5 end
      end
      all, tail = before + permits, string.sub(value, from) .. pack('<BI4', newest % 256, count)
    end
  end
  if all > most then return end
  return pack('<I4d', all, period) .. tail, limit - all, (period + 17) * span - now
end

local function put(key, value, life, rules, r, fixed)
  if not life then return redis.call('SETRANGE', key, '0', value) end
  local text = fixed and '3600000' or life == 10000000 and '10000' or rules[r + 6]
  if not text then
    text = string.format('%.0f', math.ceil(life / 1000))
    -- of all that count in the (sub-)window of now it is the same
    if rules[r + 1] ~= 1 then rules[r + 6] = text end
  end
  redis.call('SET', key, value, 'PX', text)
end

local i, places, news, lives = 0, {}, {}, {}
while p < size do
  p = p + 1
  local s, times, place = bytes[p], 1, nil
  if s == 0 then
    s, times, place = number(), number(), places
    for b = 1, counts[s] do
      local named = number()
      place[b] = named
      if named > i then i = named end
    end
  elseif s > 32 then
    s, times = s - 32, number()
  end
  local r, count, enough = starts[s], counts[s], false
  if place then
    -- one of its keys was named before
  elseif count == 1 then
    i = i + 1
    -- most are a window or a rate that is written over, so that is looked for right here
    local value, kind, cost, answer = values[i], rules[r + 1], rules[r + 4], nil
    if value and cost > 0 then
      if kind == 0 and #value > 11 then
        local before, newest = unpacked('<I4d', value)
        before = before + times * cost
        if newest == rules[r + 5] and before + cost <= rules[r + 2] then
          call('SETRANGE', keys[i], '0', pack('<I4', before))
          answer = rules[r + 2] - before
        end
      elseif kind == 1 and #value == 16 then
        local back, ends = unpacked('<dd', value)
        if back < now then back = now end
        back = back + times * cost * rules[r + 3]
        if back <= ends and back - now <= (rules[r + 2] - cost) * rules[r + 3] then
          call('SETRANGE', keys[i], '0', pack('<d', back))
          answer = back - now
        end
      end
    end
    if not answer then
      local new, life
      new, answer, life = look(value, rules, r, times, now, lifeOf)
      if new then put(keys[i], new, life, rules, r, fixed) end
    end
    if answer then
      values[i], n, enough = 0, n + 1, true
      out[n] = answer
    else
      places[1] = i
      place = places
    end
  else
    place, enough = places, true
    for b = 1, count do
      place[b] = i + b
      if enough then
        news[b], out[n + b], lives[b] = look(values[i + b], rules, r + 6 * b - 6, times, now, lifeOf)
        enough = news[b]
      end
    end
    if enough then
      n = n + count
      for b = 1, count do
        put(keys[i + b], news[b], lives[b], rules, r + 6 * b - 6, fixed)
        values[i + b] = 0
      end
    end
    i = i + count
  end
  if not enough then
    ledger = ledger or makeLedger(now, fixed, keys, values, out, rules, lifeOf)
    local granted = times
    for b = 1, count do
      ledger.look(place[b], r + 6 * b - 6)
      granted = ledger.most(place[b], r + 6 * b - 6, granted)
    end
    n = n + 1
    out[n] = -1 - granted
    for b = 1, count do
      ledger.take(place[b], r + 6 * b - 6, granted * rules[r + 6 * b - 2])
      n = ledger.tell(n, place[b], r + 6 * b - 6)
    end
  end
end
if ledger then ledger.write() end
return cmsgpack.pack(out)
`);

/**
 * Gives permits back: those of a sub-window or a calendar window out of that of their time, where it still counts. Every
 * check is of the kind that begins with 0, and the time at which it was granted stands before the places of its keys.
 */
export const giveBackScript: Script = script(`${shared}
ledger = makeLedger(now, fixed, keys, values, out, rules, lifeOf)
while p < size do
  p = p + 1
  local s, times, time = number(), number(), number()
  n = n + 1
  out[n] = -1 - times
  for b = 1, counts[s] do
    local i, r = number(), starts[s] + 6 * b - 6
    ledger.look(i, r)
    ledger.putBack(i, r, times * rules[r + 4], time)
    n = ledger.tell(n, i, r)
  end
end
ledger.write()
return cmsgpack.pack(out)
`);
