// What was decided of a unit that came back to a station, in the words of the unit's page.

function decidedOf({ outcome, returning, reason, code }) {
  const { outcomes, answers, why, seals } = WORDS.returned;
  const said = (table, name) => (own(table, name) ? both(...table[name]) : name);
  const [became, answer] = [said(outcomes, outcome), said(answers, returning.answer)];
  const { pack, version, spells = 0 } = returning;
  const parts = [
    both(`${became}; may it go back: ${answer} (pack ${pack}, version ${version})`,
      `${became}；可否退回库存：${answer}（判定标准 ${pack}，版本 ${version}）`),
    returning.why ? said(why, returning.why) : "",
    said(seals, returning.seal),
    spells ? both(`out of control ${spells} ${spells === 1 ? "time" : "times"}`, `脱离温控 ${spells} 次`) : "",
    code ? choice(code) : "",
    reason || "",
  ];
  return parts.filter((part) => part).join(both(", ", "，"));
}

// Why a hospital sends a unit back: the site's code, and what else was said.
function sentBackOf({ code, reason }) {
  return [code ? choice(code) : "", reason || ""].filter((part) => part).join(both(", ", "，"));
}
