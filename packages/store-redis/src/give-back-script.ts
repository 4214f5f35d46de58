import { callText } from './lua/call.ts';
import { ledgerText } from './lua/ledger.ts';
import { type Script, script } from './script.ts';

/**
 * Gives permits back: those of a sub-window or a calendar window out of that of their time, where it still counts. Every
 * check is of the kind that begins with 0, and the time at which it was granted stands before the places of its keys. It
 * answers as the script that takes them does where that takes more than a look.
 */
export const giveBackScript: Script = script(`${callText}${ledgerText}
ledger = makeLedger(now, keys, values, out, rules, milliseconds)
local places = {}
while p < size do
  p = p + 1
  local s, times, time = number(), number(), number()
  for k = 1, widths[s] do places[k] = number() end
  n = n + 1
  out[n] = -1 - times
  for b = 1, counts[s] do
    local r = starts[s] + 7 * b - 7
    local budget = ledger.find(places[rules[r + 6] + 1], r)
    ledger.putBack(budget, r, times * rules[r + 4], time)
    n = ledger.tell(n, budget, r)
  end
end
ledger.write()
return cmsgpack.pack(out)
`);
