/**
 * A value as the ledger sees it: its sections in their order, and where each name is.
 *
 * It holds at most 64 sections. Further budgets of its partition have keys of their own, behind which their name stands,
 * and the value a section named 0, whose end is the last of theirs: until then who is not in the value is looked for
 * there. So each budget is in one place, whatever others come and go meanwhile.
 */
export const openPageText = `
  -- sections in their order, and where each name is
  local function open(key, value)
    local page, at, size = {key = key, places = {}, budgets = {}, more = 0}, 9, value and #value or 0
    while at <= size do
      local length = size > at + 13 and unpacked('B', value, at + 6) or 0
      local after = at + 7 + length
      if length < 8 or after > size + 1 then return {key = key, places = {}, budgets = {}, more = 0} end
      local name, _, ends = unpacked('<I6Bd', value, at)
      if page.places[name] or not (ends < 9007199254740992) then
        -- nothing of ours
      elseif name == 0 then
        page.more = ends
      else
        page[#page + 1] = {name = name, ends = ends, text = sub(value, at, after - 1)}
        page.places[name] = #page
      end
      at = after
    end
    return page
  end
`;

/** All that has changed is written at the end, each value once; one without sections is deleted. */
export const writePagesText = `
  local function alive(page)
    local count = 0
    for _, section in ipairs(page) do
      if section.ends > now then count = count + 1 end
    end
    return count
  end

  local function put(budget, touched)
    local page, home, name = budget.page, budget.home, budget.name
    local place, section = page.places[name], {name = name, ends = 0, text = ''}
    if budget.used > 0 then
      section.ends, section.text = sectionOf(budget)
      if not place and alive(page) >= 64 then
        page = open(home.key .. string.format('%.0f', name), false)
        budget.page = page
      end
      if page ~= home and section.ends > home.more then
        home.more = section.ends
        touched[home] = true
      end
    elseif not place then
      return
    end
    if not place then
      place = #page + 1
      page.places[name] = place
    end
    page[place] = section
    touched[page] = true
  end

  function ledger.write()
    local touched = {}
    for _, budget in ipairs(changed) do put(budget, touched) end
    for page in pairs(touched) do
      local texts, last = {}, 0
      for _, section in ipairs(page) do
        if section.ends > now then
          texts[#texts + 1] = section.text
          if section.ends > last then last = section.ends end
        end
      end
      if page.more > now then
        texts[#texts + 1] = pack('<I6Bd', 0, 8, page.more)
        if page.more > last then last = page.more end
      end
      if last > 0 then
        call('SET', page.key, pack('<d', last) .. table.concat(texts), 'PX', milliseconds(last - now))
      else
        call('DEL', page.key)
      end
    end
  end
`;
