/**
 * A value that has to be written anew, where a check is granted as a whole and fits once more: a new caller, or a life
 * that is too short. The check's own sections come first, so that the next one finds them there; those whose time has
 * passed are left out.
 */
export const renewalText = `
-- What a section becomes, the number for the caller, and until when the key is to live for it; nothing where that takes
-- more than a look. A key lives longer than it is needed, as a write that sets a life costs more than twice as much.
local function sectionOf(value, at, length, ends, rules, r, times, now)
  local kind, limit, span, cost, till = rules[r + 1], rules[r + 2], rules[r + 3], rules[r + 4], rules[r + 7]
  local pack, permits, most = struct.pack, times * cost, limit - cost
  if cost == 0 then return end
  if kind == 1 then
    if not at or not (ends > now) then ends = now end
    ends = ends + permits * span
    local left = ends - now
    if left > most * span then return end
    return pack('<I6Bd', rules[r + 5], 8, ends), left, now + (left < 5000000 and 10000000 or left * 2)
  end
  local all, earlier, tail = permits, 0, ''
  if at and ends > now then
    if ends > till or length ~= 12 and (kind == 2 or length < 16 or length % 5 ~= 1) then return end
    local unpacked = struct.unpack
    if kind == 2 then
      all = all + unpacked('<I4', value, at + 15)
    else
      local from, after, period = at + 19, at + 7 + length, till / span
      if length == 12 then all = unpacked('<I4', value, at + 15) else from, all, earlier = at + 23, unpacked('<I4I4', value, at + 15) end
      if ends < till then
        tail, earlier = pack('<BI4', ends / span % 256, all - earlier), all
        while from < after do
          local index, spent = unpacked('<BI4', value, from)
          if (period - index) % 256 < 17 then break end
          earlier, from = earlier - spent, from + 5
        end
        all = earlier
      end
      all, tail = all + permits, string.sub(value, from, after - 1) .. tail
    end
  end
  if all > most then return end
  local live = kind == 0 and till + 3 * span or till
  if tail == '' then return pack('<I6BdI4', rules[r + 5], 12, till, all), limit - all, live end
  return pack('<I6BdI4I4', rules[r + 5], 16 + #tail, till, all, earlier) .. tail, limit - all, live
end

-- the value of one of a check's keys, and for how long it is to live
local function renewed(value, rules, r, count, key, times, now, out, n)
  local unpacked, find, sub, pack = struct.unpack, string.find, string.sub, struct.pack
  local size, last, text, sections = value and #value or 0, 0, '', 0
  -- with sections elsewhere it is the ledger's, which is known at once where there are many
  if size > 900 and sub(value, -15, -9) == '\\0\\0\\0\\0\\0\\0\\8' then return end
  for b = 1, count do
    local q = r + 7 * b - 7
    if rules[q + 6] == key then
      local name = pack('<I6', rules[q + 5])
      local at, length, ends = size > 0 and find(value, name, 9, true), nil, nil
      if b > 1 and find(text, name, 1, true) then return end
      if at then
        if size < at + 14 then return end
        length, ends = unpacked('<Bd', value, at + 6)
        if length < 8 or at + length + 6 > size then return end
      end
      local section, answer, live = sectionOf(value, at, length, ends, rules, q, times, now)
      if not section then return end
      text, out[n + b], sections = text .. section, answer, sections + 1
      if live > last then last = live end
    end
  end
  local at = 9
  while at <= size do
    if size < at + 14 then return end
    local name, length, ends = unpacked('<I6Bd', value, at)
    local after, own = at + 7 + length, false
    if length < 8 or after > size + 1 or name == 0 then return end
    for q = r, r + 7 * count - 7, 7 do
      if rules[q + 5] == name and rules[q + 6] == key then own = true end
    end
    if not own and ends > now and ends < 9007199254740992 then
      text, sections = text .. sub(value, at, after - 1), sections + 1
      if ends > last then last = ends end
    end
    at = after
  end
  if sections > 64 then return end
  return pack('<d', last) .. text, last - now
end
`;
