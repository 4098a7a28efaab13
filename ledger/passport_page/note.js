// What the page shows of a dispatch note: who sent what to whom, and a line a bag with its own verdict.

const UNIT_VERDICTS = {
  valid: words("holds", "成立"),
  warnings: words("unaltered, not all shown", "未被改动，未全部证明"),
  invalid: words("does not hold", "不成立"),
  undecidable: words("not decidable", "无法判断"),
};

// The latest `dispatched` event of the note: there is one, or the step `subject` would not hold.
function dispatchOf(work) {
  const { subject } = work.passport;
  const sent = byTime(work.own).filter(({ kind, fields }) => kind === "dispatched" && fields.dispatch_note === subject);
  return sent.filter((event) => !correctionsOf(work).struck.has(saidAs(event))).pop() || sent.pop();
}

function showNote({ work, units }) {
  const { fields } = dispatchOf(work);
  const names = namesOf(work);
  const facts = [
    [both("From", "发出"), fields.place ? named(names, fields.place) : "–"],
    [both("To", "送往"), named(names, fields.to)],
    [both("Dispatched", "发血时间"), make("time", { datetime: fields.time, title: fields.time }, moment(fields.time))],
    [both("Boxes", "血箱"), (fields.boxes || []).map((box) => box.slice("box:".length)).join(both(", ", "、")) || "–"],
    [both("Bags", "袋数"), String(units.length)],
  ];
  const list = make("dl", { class: "facts" });
  for (const [name, value] of facts) list.append(make("dt", {}, name), make("dd", {}, value));
  const number = work.passport.subject.slice("consignment:".length);
  return make("section", { class: "card", "aria-labelledby": "note" },
    make("p", { class: "dim small" }, both("Dispatch note", "发血单")),
    make("h2", { id: "note", class: "din" }, number),
    list,
    make("p", { class: "chips" }, ...logChips(work)),
    make("p", { class: "state" }, demoBadge(work)));
}

// One line a bag. The lines stand even where the passport as a whole does not hold, as far as each could be judged.
function showBags({ work, units }) {
  const heads = [both("Donation number", "献血码"), both("Product", "产品码"), both("Group", "血型"), both("Expires", "有效期至"), both("Cold chain", "冷链"), both("Verdict", "结论")];
  const head = make("thead", {}, make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text))));
  const rows = units.map((found) => showBag(work, found));
  const counts = WORST.map((verdict) => [verdict, units.filter((each) => each.verdict === verdict).length]).filter(([, count]) => count);
  const summary = counts.map(([verdict, count]) => `${count} ${say(UNIT_VERDICTS[verdict])}`).join(both("; ", "；"));
  return card("bags", both("Bags", "血袋"), make("p", { class: "dim small" }, summary),
    make("table", { class: "bags" }, head, make("tbody", {}, ...rows)));
}

function showBag(work, { unit, verdict, steps }) {
  const [din, product] = unit.slice("unit:".length).split(".");
  const expires = expiryOf(work, unit);
  const failed = steps.find((step) => step.status === "failed");
  const why = failed ? make("span", { class: "small" }, sentence(say(failed.words))) : null;
  return make("tr", { "data-unit": unit, "data-unit-verdict": verdict },
    make("td", { class: "mono bag" }, ...donationNumber(din)),
    make("td", { class: "mono" }, product),
    make("td", { class: "bag-group" }, bloodGroup(work, unit)[0]),
    make("td", { class: "when" }, expires ? moment(expires) : "–"),
    make("td", {}, failed ? "–" : exposureBadge(work.exposures.get(unit))),
    make("td", {}, badge(TONES[verdict], say(UNIT_VERDICTS[verdict])), why ? make("br", {}) : null, why));
}
