/**
 * What is to be carried over into a new sub-window, and a value that has to be written anew, where a check is granted as a
 * whole and fits once more: a new caller, or a life that is too short. The check's own budgets come first, so that the
 * next one finds them there; those whose time has passed are left out.
 */
export const renewalText = `
-- What counts of a window when its newest sub-window has passed: permits, and in two parts what its tail becomes;
-- nothing where that takes more than a look.
local function carried(value, from, length, ends, spent, rules, r)
  local unpacked, byte, span = struct.unpack, string.byte, rules[r + 3]
  local after, earlier, all = from + length, 0, spent
  if rules[r + 1] ~= 0 or length > 0 and length % 5 ~= 4 then return end
  if length > 0 then
    after = after - 4
    earlier = unpacked('<I4', value, after)
  end
  local period = rules[r + 7] / span
  while from < after and (period - byte(value, from)) % 256 > 16 do
    all, from = all - unpacked('<I4', value, from + 1), from + 5
  end
  return all, string.sub(value, from, after - 1), struct.pack('<BI4I4', ends / span % 256, spent - earlier, all)
end

-- the value of one of a check's keys, and for how long it is to live
local function renewed(value, rules, r, count, key, times, now, out, n)
  local unpacked, sub, pack, byte, char = struct.unpack, string.sub, struct.pack, string.byte, string.char
  local size, k, last, kept, places, tails = value and #value or 0, 0, 0, 0, {}, {}
  local names, numbers, lengths, texts, froms = {}, {}, {}, {}, {}
  if size > 8 then k = byte(value, 8) end
  local to = 9 + 19 * k
  if size > 8 and size < to - 1 then return end
  -- with budgets elsewhere it is the ledger's
  if k > 0 and unpacked('<I6', value, 3 + 6 * k) == 0 then return end
  for j = 0, k - 1 do
    local name = unpacked('<I6', value, 9 + 6 * j)
    if name == 0 or places[name] then return end
    local length = byte(value, 9 + 18 * k + j)
    places[name], tails[name], froms[name], to = j, sub(value, to, to + length - 1), to, to + length
  end
  if size > 8 and to ~= size + 1 then return end

  local function keep(name, ends, spent, tail, live)
    kept = kept + 1
    names[kept], numbers[kept] = pack('<I6', name), pack('<dI4', ends, spent)
    lengths[kept], texts[kept] = char(#tail), tail
    if live > last then last = live end
  end

  for b = 1, count do
    local q = r + 7 * b - 7
    if rules[q + 6] == key then
      local kind, limit, span, cost, name, till = rules[q + 1], rules[q + 2], rules[q + 3], rules[q + 4], rules[q + 5], rules[q + 7]
      local j, ends, spent, tail, live = places[name], 0, 0, '', till
      if cost == 0 or j == true then return end
      if j then
        ends, spent = unpacked('<dI4', value, 9 + 6 * k + 12 * j)
        tail = tails[name]
      end
      if kind == 1 then
        if not (ends > now) then ends = now end
        ends = ends + times * cost * span
        local left = ends - now
        if not (left <= (limit - cost) * span) then return end
        spent, tail, out[n + b], live = 0, '', left, now + (left < 5000000 and 10000000 or left * 2)
      else
        if ends > till then return end
        if not (ends > now) then
          spent, tail = 0, ''
        elseif ends ~= till then
          local kept, newest
          spent, kept, newest = carried(value, froms[name], #tail, ends, spent, rules, q)
          if not spent then return end
          tail = kept .. newest
        end
        spent = spent + times * cost
        if spent > limit - cost then return end
        if kind == 0 then live = till + 3 * span end
        ends, out[n + b] = till, limit - spent
      end
      keep(name, ends, spent, tail, live)
      places[name] = true
    end
  end
  for j = 0, k - 1 do
    local name, ends, spent = unpacked('<I6', value, 9 + 6 * j), unpacked('<dI4', value, 9 + 6 * k + 12 * j)
    if places[name] ~= true and ends > now and ends < 9007199254740992 then keep(name, ends, spent, tails[name], ends) end
  end
  if kept > 64 then return end
  local concat = table.concat
  return pack('<I7B', last, kept) .. concat(names) .. concat(numbers) .. concat(lengths) .. concat(texts), last - now
end
`;
