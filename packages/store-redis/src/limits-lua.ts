import { type Script, script } from './script.ts';

/**
 * What both verbs share. Times are microseconds in doubles: whole numbers below 2^53, so exact until the year 2255.
 *
 * KEYS: one for each budget, each named once. ARGV: the time (0: the server's clock), the time after which nobody waits
 * for an answer any more (0: none), the rules (each kind, limit and span; span of a window: a 16th of it, of a rate: the
 * interval, of a quota: the window) and the checks (`times`, the number of buckets, and for each bucket the places of its
 * key and of its rule, and its cost), the last two as JSON: one argument is read far faster than a hundred.
 *
 * Values: of a `window` msgpack of all permits that count, a sub-window, and then for each sub-window with permits its
 * distance to that one and its permits; of a `rate` the time at which all permits are back; of a `quota` msgpack of its
 * permits and window. MGET answers nothing for a key of another type, and what can't be read as a value counts as none:
 * such a key begins anew, and never is an error for those in the same batch. So does a budget whose window has changed:
 * its sub-windows then lie in the past or more than a window ahead. A clock that was set back by less than a window goes
 * on counting in the newest sub-window.
 */
const shared = `
local call, pcall, floor, ceil, tonumber = redis.call, pcall, math.floor, math.ceil, tonumber
local pack, unpacked = cmsgpack.pack, cmsgpack.unpack
local now, late = tonumber(ARGV[1]), tonumber(ARGV[2])
local fixed = now > 0
if not fixed then
  local t = call('TIME')
  now = t[1] * 1000000 + t[2]
end
if late > 0 and now > late then return {0, now} end
local rules, checks = cjson.decode(ARGV[3]), cjson.decode(ARGV[4])
local values, states, changed, changes = call('MGET', unpack(KEYS)), {}, {}, 0
local out, n = {1, now}, 2

local function readWindow(value, span)
  local at, list = floor(now / span), unpacked(value)
  local base, size = list[2], #list
  local oldest, newest = base + list[3], base + list[size - 1]
  if oldest > at - 17 and newest < at + 17 then
    return {kind = 0, span = span, at = newest > at and newest or at, total = list[1] + 0, list = list, size = size}
  end
  local kept, total, n = {0, at}, 0, 2
  for k = 3, size, 2 do
    local index, permits = base + list[k], list[k + 1] + 0
    if index > at - 17 and index < at + 17 then
      kept[n + 1], kept[n + 2], n, total = index - at, permits, n + 2, total + permits
    end
  end
  return {kind = 0, span = span, at = at, total = total, list = kept, size = n}
end

local function readQuota(value, span)
  local at, list = floor(now / span), unpacked(value)
  local then_ = list[2] + 0
  if then_ < at or then_ > at + 1 then then_, list[1] = at, 0 end
  return {kind = 2, span = span, at = then_, total = list[1] + 0}
end

local function read(i, r)
  local kind, span, value, s = rules[r], rules[r + 2], values[i], nil
  if kind == 1 then
    local used, most = (value and tonumber(value) or now) - now, rules[r + 1] * span
    if not (used > 0) then used = 0 elseif used > most then used = most end
    s = {kind = 1, span = span, used = used}
  elseif value then
    local ok, state = pcall(kind == 0 and readWindow or readQuota, value, span)
    if ok then s = state end
  end
  if not s then
    local at = floor(now / span)
    s = {kind = kind, span = span, at = at, total = 0, list = {0, at}, size = 2}
  end
  states[i] = s
  return s
end

local function fit(s, limit)
  if s.kind == 1 then return floor((limit * s.span - s.used) / s.span) end
  return s.total < limit and limit - s.total or 0
end

local function untilAll(s)
  local kind = s.kind
  if kind == 1 then return s.used end
  if s.total == 0 then return 0 end
  if kind == 0 then return (s.list[2] + s.list[s.size - 1] + 17) * s.span - now end
  return (s.at + 1) * s.span - now
end

local function untilFit(s, limit, cost)
  if cost > limit then return -1 end
  if s.kind == 1 then
    local over = s.used + (cost - limit) * s.span
    return over > 0 and over or 0
  end
  local lack = s.total + cost - limit
  if lack <= 0 or cost == 0 then return 0 end
  if s.kind == 2 then return (s.at + 1) * s.span - now end
  local list = s.list
  for k = 3, s.size, 2 do
    lack = lack - list[k + 1]
    if lack <= 0 then return (list[2] + list[k] + 17) * s.span - now end
  end
  return untilAll(s)
end

local function touch(i, s)
  if not s.dirty then
    s.dirty, changes = true, changes + 1
    changed[changes] = i
  end
end

local function write()
  for c = 1, changes do
    local i = changed[c]
    local s = states[i]
    local left, value = untilAll(s), nil
    if left <= 0 then
      call('DEL', KEYS[i])
    else
      if s.kind == 0 then
        s.list[1] = s.total
        value = pack(s.list)
      elseif s.kind == 1 then
        value = now + s.used
      else
        value = pack({s.total, s.at})
      end
      call('SET', KEYS[i], value, 'PX', fixed and 3600000 or ceil(left / 1000))
    end
  end
end
`;

/** Decides on checks, one after the other, each charged to all of its buckets or to none. */
export const consumeScript: Script = script(`${shared}
local a, size = 1, #checks
while a < size do
  local granted, first, last = checks[a], a + 2, a + 3 * checks[a + 1] + 1
  for b = first, last, 3 do
    local i, r, cost = checks[b], checks[b + 1], checks[b + 2]
    local s = states[i] or read(i, r)
    if cost > 0 then
      local most = fit(s, rules[r + 1])
      if most < granted * cost then granted = floor(most / cost) end
    end
  end
  n = n + 1
  out[n] = granted
  for b = first, last, 3 do
    local i, limit, cost = checks[b], rules[checks[b + 1] + 1], checks[b + 2]
    local s, permits = states[i], granted * cost
    if permits > 0 then
      touch(i, s)
      if s.kind == 1 then
        s.used = s.used + permits * s.span
      else
        s.total = s.total + permits
        if s.kind == 0 then
          local list, size, distance = s.list, s.size, s.at - s.list[2]
          if size > 2 and list[size - 1] == distance then
            list[size] = list[size] + permits
          else
            list[size + 1], list[size + 2], s.size = distance, permits, size + 2
          end
        end
      end
    end
    out[n + 1], out[n + 2], out[n + 3] = fit(s, limit), untilAll(s), untilFit(s, limit, cost)
    n = n + 3
  end
  a = last + 1
end
write()
return out
`);

/**
 * Gives permits back: those of a sub-window or a calendar window out of that of their time, where it still counts. Behind
 * the number of its buckets a check has the time at which it was granted.
 */
export const giveBackScript: Script = script(`${shared}
local a, size = 1, #checks
while a < size do
  local times, granted_at, first, last = checks[a], checks[a + 2], a + 3, a + 3 * checks[a + 1] + 2
  n = n + 1
  out[n] = times
  for b = first, last, 3 do
    local i, r, cost = checks[b], checks[b + 1], checks[b + 2]
    local s, limit, permits = states[i] or read(i, r), rules[r + 1], times * cost
    local index = floor(granted_at / s.span)
    touch(i, s)
    if s.kind == 1 then
      s.used = s.used > permits * s.span and s.used - permits * s.span or 0
    elseif s.kind == 2 then
      if s.at == index then s.total = s.total > permits and s.total - permits or 0 end
    else
      local list, kept, size = s.list, {0, s.list[2]}, 2
      for k = 3, s.size, 2 do
        local left = list[k + 1]
        if list[2] + list[k] == index then
          local back = left < permits and left or permits
          left, s.total = left - back, s.total - back
        end
        if left > 0 then kept[size + 1], kept[size + 2], size = list[k], left, size + 2 end
      end
      s.list, s.size = kept, size
    end
    out[n + 1], out[n + 2], out[n + 3] = fit(s, limit), untilAll(s), untilFit(s, limit, cost)
    n = n + 3
  end
  a = last + 1
end
write()
return out
`);
