import { callText } from './lua/call.ts';
import { countingText } from './lua/counting.ts';
import { ledgerText } from './lua/ledger.ts';
import { renewalText } from './lua/renewal.ts';
import { type Script, script } from './script.ts';

/**
 * Decides on checks, one after the other, each charged to all of its buckets or to none.
 *
 * Most are of budgets that have been spent from, fit once more, and leave their key its life: those are looked for right
 * here and written over in place. Others are written anew, and what is refused goes to the ledger. A value that was
 * written is 0 from then on: it has to be read again.
 *
 * The answer is msgpack of status, time, and for each check either a number for each of its buckets (of a rate µs until
 * all is back, of the others what is left), where all was granted and fits once more, or -1 less what was granted and for
 * each bucket what is left, and µs until it has all and until the check fits once more (-1: never).
 */
export const consumeScript: Script = script(`${callText}${renewalText}${countingText}${ledgerText}
local i, places, held, renewals, lives, fresh = 0, {}, {}, {}, {}, {}
while p < size do
  p = p + 1
  local s, times, place = bytes[p], 1, nil
  if s == 0 then
    s, times, place = number(), number(), places
    for k = 1, widths[s] do
      local named = number()
      place[k] = named
      if named > i then i = named elseif values[named] == 0 then values[named] = call('GET', keys[named]) end
    end
  elseif s > 32 then
    s, times = s - 32, number()
  end
  local r, count, first, enough = starts[s], counts[s], i + 1, false
  if place then first = place[1] else i = i + widths[s] end
  local value = values[first]
  if value and count == 1 and #value > 26 then
    -- most are one budget that only counts on, so that is looked for right here
    local life, k, name, ends, spent = unpacked('<I7BI6dI4', value)
    local at, cost = 15, rules[r + 4]
    if k ~= 1 or name ~= rules[r + 5] then
      at = #value > 7 + 19 * k and placeOf(value, k, nameOf(r))
      if at then
        at = at * 2 + 6 * k - 9
        ends, spent = unpacked('<dI4', value, at)
      end
    end
    if at and cost > 0 and times > 0 then
      if rules[r + 1] == 1 then
        local back = ends < now and now or ends
        back = back + times * cost * rules[r + 3]
        if back <= life and back - now <= (rules[r + 2] - cost) * rules[r + 3] then
          call('SETRANGE', keys[first], offsets[at] or offsetOf(at), pack('<d', back))
          n, values[first], enough = n + 1, 0, true
          out[n] = back - now
        end
      elseif ends == rules[r + 7] then
        local all = spent + times * cost
        if all + cost <= rules[r + 2] then
          call('SETRANGE', keys[first], offsets[at + 8] or offsetOf(at + 8), pack('<I4', all))
          n, values[first], enough = n + 1, 0, true
          out[n] = rules[r + 2] - all
        end
      end
      if not enough and k == 1 then
        local answer = anew(keys[first], value, life, ends, spent, r, times)
        if answer then
          n, values[first], enough = n + 1, 0, true
          out[n] = answer
        end
      end
    end
  end
  local width = widths[s]
  if not enough and value and times > 0 and width == 1 and #value > 26 then
    local counted = countOn(keys[first], value, s, times)
    if counted == nil and count > 1 then counted = countEachOn(keys[first], value, r, count, times) end
    if counted then n, values[first], enough = n + count, 0, true end
  end
  if not enough and times > 0 and width > 0 then
    local isFresh = value == false and width == 1 and times == 1 and not held[first]
    local known = isFresh and fresh[s]
    if known then
      -- of all who come for the first time it is the same
      call('SET', keys[first], known[0], 'PX', milliseconds(known[-1]))
      for b = 1, count do out[n + b] = known[b] end
      n, values[first], enough = n + count, 0, true
    else
      enough = true
      for k = 1, width do
        local key = place and place[k] or first + k - 1
        renewals[k], lives[k] = nil, nil
        if not held[key] then renewals[k], lives[k] = renewed(values[key], rules, r, count, k - 1, times, now, out, n) end
        if not renewals[k] then
          enough = false
          break
        end
      end
      if enough then
        for k = 1, width do
          local key = place and place[k] or first + k - 1
          call('SET', keys[key], renewals[k], 'PX', milliseconds(lives[k]))
          values[key] = 0
        end
        if isFresh then fresh[s] = {[0] = renewals[1], [-1] = lives[1], unpack(out, n + 1, n + count)} end
        n = n + count
      end
    end
  end
  if not enough then
    ledger = ledger or makeLedger(now, keys, values, out, rules, milliseconds)
    local granted, budgets = times, {}
    for b = 1, count do
      local q = r + 7 * b - 7
      local key = place and place[rules[q + 6] + 1] or first + rules[q + 6]
      budgets[b] = ledger.find(key, q)
      held[key], values[key] = true, false
      granted = ledger.most(budgets[b], q, granted)
    end
    n = n + 1
    out[n] = -1 - granted
    for b = 1, count do
      local q = r + 7 * b - 7
      ledger.take(budgets[b], q, granted * rules[q + 4])
      n = ledger.tell(n, budgets[b], q)
    end
  end
end
if ledger then ledger.write() end
return cmsgpack.pack(out)
`);
