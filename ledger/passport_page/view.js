// What the page shows: one verification, in one language. Text only ever becomes text, never markup.

const WORDS = JSON.parse(document.getElementById("words").textContent);
const STEP_TITLES = {
  format: words("The passport is well formed", "凭证格式正确"),
  checkpoint: words("A log that you trust signed the checkpoint", "存证点由您信任的日志签署"),
  witnesses: words("Witnesses saw the same log", "见证方看到的是同一日志"),
  "batch-notes": words("The batches were made for this log", "批次是为该日志制作的"),
  "log-proof": words("The batches are in the log", "批次在日志中"),
  "event-proofs": words("The events are as they were sealed", "事件与封存时一致"),
  events: words("The events stand at their places", "事件位置正确"),
  keys: words("The keys were let in by the site", "密钥由站点登记"),
  signatures: words("The producers signed the batches", "批次由产生者签署"),
  subject: words("The events are about the subject", "事件都与凭证对象有关"),
  exposure: words("The cold-chain statement fits", "冷链结论与记录相符"),
  completeness: words("Nothing was left out", "没有遗漏"),
  "hand-over": words("What another log handed over holds", "其他日志移交的凭证成立"),
  printed: words("The printed dispatch note is of the same log", "与纸质发血单是同一日志"),
};
const TONES = { valid: "ok", warnings: "warning", invalid: "stop", undecidable: "unknown" };
const STATUS_TONES = { ok: "ok", warning: "warning", failed: "stop" };
const STATUS_WORDS = { ok: words("holds", "成立"), warning: words("not shown", "未证明"), failed: words("does not hold", "不成立") };
const EXPOSURES = {
  ok: ["ok", words("Cold chain in range", "冷链合格")],
  out: ["stop", words("Cold chain out of range", "冷链不合要求：超温")],
  unknown: ["unknown", words("Cold chain cannot be judged", "冷链无法判定")],
};
const ICONS = {
  ok: ["M18 10a8 8 0 1 1-16 0 8 8 0 0 1 16 0z", "M6.5 10.3l2.4 2.4 4.7-5"],
  warning: ["M10 2.8 18 16.8H2z", "M10 8v4M10 14.4v.1"],
  stop: ["M6.7 2h6.6L18 6.7v6.6L13.3 18H6.7L2 13.3V6.7z", "M7.2 7.2l5.6 5.6M12.8 7.2l-5.6 5.6"],
  unknown: ["M3 3h14v14H3z", "M7.8 7.6a2.3 2.3 0 1 1 3.3 2.2c-.8.4-1.1.9-1.1 1.6M10 14.2v.1"],
  quiet: ["M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0z"],
};
const CHECK_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*";

let language = "en";

function say(pair) {
  return pair[language];
}

function both(en, zh) {
  return say(words(en, zh));
}

function make(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

function icon(tone) {
  const space = "http://www.w3.org/2000/svg";
  const drawn = document.createElementNS(space, "svg");
  for (const [name, value] of [["class", "icon"], ["viewBox", "0 0 20 20"], ["aria-hidden", "true"]]) drawn.setAttribute(name, value);
  for (const line of ICONS[tone]) {
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", line);
    drawn.append(path);
  }
  return drawn;
}

function badge(tone, text) {
  return make("span", { class: `badge ${tone}` }, icon(tone), make("span", {}, text));
}

// ── the verdict ─────────────────────────────────────────────────────────────────────────────────────────────────────

function showVerdict({ verdict, steps, work, problem }) {
  const tone = TONES[verdict];
  const [headline, ...lines] = verdictLines({ verdict, steps, work, problem });
  return make(
    "section",
    { class: `notice ${tone}`, id: "verdict", "aria-live": "polite" },
    make("h1", { class: "notice-title" }, icon(tone), make("span", {}, headline)),
    ...lines.map((line) => make("p", {}, line)),
    make("p", { class: "dim" }, both("It says what the records hold. It does not replace the check before use.", "它说明记录的内容，不代替使用前的核对。")),
  );
}

function verdictLines({ verdict, steps, work, problem }) {
  const last = steps[steps.length - 1];
  if (verdict === "invalid") {
    const number = numberedSteps(steps).indexOf(last.step) + 1;
    const which = both(
      `Step ${number} does not hold: ${say(STEP_TITLES[last.step])}.`,
      `第 ${number} 步不成立：${say(STEP_TITLES[last.step])}。`,
    );
    return [both("Do not rely on this passport", "不要采信这份凭证"), which, `${sentence(say(last.words))}`];
  }
  if (verdict === "undecidable") {
    const reason = problem || steps.filter(({ step }) => step !== "printed").pop().words;
    return [both("Nothing can be said about this passport", "无法判断这份凭证"), sentence(say(reason))];
  }
  if (verdict === "valid") {
    const against = work.trust.expiresMs
      ? both("Every step holds, against the trust note that you gave.", "对照您给出的信任书，每一步都成立。")
      : both("Every step holds, against the policy that you gave.", "对照您给出的信任策略，每一步都成立。");
    return [both("This passport holds", "凭证属实"), against];
  }
  const open = steps.filter((step) => step.status === "warning").map((step) => say(STEP_TITLES[step.step]));
  const notShown = both(`Not shown: ${open.join("; ")}.`, `未证明：${open.join("；")}。`);
  if (work.policy === null) {
    return [
      both("Unaltered; who signed it is yours to compare", "内容未被改动；签署者有待您核对"),
      both("Compare the log key's fingerprint, or give your trust policy.", "请核对日志密钥的指纹，或给出您的信任策略。"),
      notShown,
    ];
  }
  return [both("Unaltered, and signed by a log that you trust", "内容未被改动，由您信任的日志签署"), notShown];
}

function sentence(text) {
  const whole = text[0].toUpperCase() + text.slice(1);
  return both(`${whole}.`, `${whole}。`);
}

// The names of the steps as they are shown: those of the passport, then the paper's, if one was given.
function numberedSteps(steps) {
  return steps.some(({ step }) => step === "printed") ? [...STEP_NAMES, "printed"] : STEP_NAMES;
}

function showSteps({ steps }) {
  const rows = numberedSteps(steps).map((name, i) => {
    const step = steps.find((each) => each.step === name);
    const tone = step ? STATUS_TONES[step.status] : "quiet";
    const outcome = step ? say(STATUS_WORDS[step.status]) : both("not reached", "未进行");
    return make(
      "li",
      { class: `step ${tone}`, "data-step": name, "data-status": step ? step.status : "none" },
      icon(tone),
      make("div", {}, make("h3", {}, `${i + 1} · ${say(STEP_TITLES[name])}`, make("span", { class: "outcome" }, outcome)),
        step ? make("p", { class: "dim small" }, say(step.words)) : null),
    );
  });
  return card("steps", both("What was checked", "核验步骤"), make("ol", { class: "steps" }, ...rows));
}

function card(id, title, ...children) {
  return make("section", { class: "card", "aria-labelledby": id }, make("h2", { id }, title), ...children);
}

// ── the unit ────────────────────────────────────────────────────────────────────────────────────────────────────────

function showUnit({ work }) {
  const unit = work.passport.subject;
  const [din, product] = unit.slice("unit:".length).split(".");
  const [group, rhd] = bloodGroup(work, unit);
  const expires = expiryOf(work, unit);
  const chips = [chip(both("Expires", "有效期至"), expires ? moment(expires) : null), ...logChips(work)];
  return make(
    "section",
    { class: "card unit-head", "aria-label": both("The unit", "血袋") },
    make("div", { class: "group" }, make("b", group.length > 2 ? { class: "long" } : {}, group), make("span", {}, rhd)),
    make("div", {},
      make("h2", { class: "din" }, ...donationNumber(din)),
      make("p", { class: "what" }, make("span", { class: "dim" }, both("Product code ", "产品码 ")), make("span", { class: "mono" }, product)),
      make("p", { class: "chips" }, ...chips),
      make("p", { class: "state" }, exposureBadge(work.exposures.get(unit)), demoBadge(work))),
  );
}

function logChips(work) {
  return [
    chip(both("Log", "日志"), make("span", { class: "mono" }, work.head.origin)),
    chip(both("Log size", "日志大小"), String(work.head.size)),
    chip(both("Times in", "时区"), zoneHere()),
  ];
}

// Every time is shown in the zone of whoever looks, which is not always the one that the label was printed in.
function zoneHere() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function donationNumber(din) {
  return [
    make("span", {}, `${din.slice(0, 5)} ${din.slice(5, 7)} ${din.slice(7)}`),
    make("span", { class: "check", title: both("Check character", "校验字符") }, checkCharacter(din)),
  ];
}

function chip(label, value) {
  return value === null ? null : make("span", { class: "chip" }, make("span", { class: "dim" }, label), " ", value);
}

// ISO 7064 mod 37-2, as on the printed donation number.
function checkCharacter(din) {
  const sum = Array.from(din).reduce((total, character) => ((total + CHECK_ALPHABET.indexOf(character)) * 2) % 37, 0);
  return CHECK_ALPHABET[(38 - sum) % 37];
}

function expiryOf(work, unit) {
  return lastOf(work, (event) => ownExpiry(event, unit));
}

function byTime(events) {
  return events.slice().sort((one, other) => Date.parse(one.fields.time) - Date.parse(other.fields.time) || one.index - other.index);
}

function lastOf(work, pick) {
  if (!work.timeline) work.timeline = byTime(work.own).filter((event) => !correctionsOf(work).struck.has(saidAs(event)));
  return work.timeline.map(pick).filter((found) => found).pop() || null;
}

function bloodGroup(work, unit) {
  const din = dinOf(unit);
  const found = lastOf(work, ({ kind, fields }) => {
    const isOwn = fields.unit === unit || (kind === "tested" && fields.din === din);
    return isOwn && fields.abo ? fields : null;
  });
  if (!found) return ["–", both("group not stated", "血型未记录")];
  return [groupOf(found), found.rhd ? `RhD ${choice(found.rhd)}` : ""];
}

function groupOf({ abo, rhd }) {
  return abo + ({ positive: "+", negative: "−" }[rhd] || "");
}

function ownExpiry({ fields }, unit) {
  if (fields.unit === unit) return fields.expires;
  const child = (fields.children || []).find((each) => each.unit === unit);
  return child ? child.expires : undefined;
}

function moment(instant) {
  const at = new Date(instant);
  const two = (number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

function duration(milliseconds) {
  const minutes = milliseconds / 60000;
  if (minutes < 60) return both(`${Math.round(minutes * 10) / 10} min`, `${Math.round(minutes * 10) / 10} 分钟`);
  const whole = Math.round(minutes);
  const [days, hours, rest] = [Math.floor(whole / 1440), Math.floor(whole / 60) % 24, whole % 60];
  const parts = [[days, both(" d", " 天")], [hours, both(" h", " 小时")], [rest, both(" min", " 分钟")]];
  return parts.filter(([number]) => number).map(([number, unit]) => number + unit).join(" ");
}

function celsius(hundredths) {
  return `${(hundredths / 100).toFixed(2).replace("-", "−")} °C`;
}

function isDemo(work) {
  return allEvents(work).some(({ kind, fields }) => kind === "site_opened" && fields.mode === "demo");
}

function demoBadge(work) {
  return isDemo(work) ? badge("unknown", demoWords()) : null;
}

function demoWords() {
  return both("Demo site with simulated time. No real blood, no real people.", "演示站点，时间为模拟；没有真实的血液和人员。");
}

function exposureBadge(stated) {
  if (!stated) return badge("unknown", both("Cold chain: no statement is carried", "冷链：未附结论"));
  const [tone, word] = EXPOSURES[stated.verdict];
  return badge(tone, say(word));
}

function showExposure({ work }) {
  const title = both("Cold chain", "冷链");
  const stated = work.exposures.get(work.passport.subject);
  if (!stated) return card("cold-chain", title, ...showEarlier(work), make("p", { class: "stated" }, exposureBadge(stated)));
  const carried = work.segments ? both(`all ${work.segments} carried`, `${work.segments} 段全部附上`) : both(`${stated.segments}, not carried`, `${stated.segments} 段，未附上`);
  const facts = [
    [both("Judged", "判定时长"), duration(stated.judged_ms) || both("nothing", "无")],
    [both("Out of range", "超温"), duration(stated.out_ms)],
    [both("Unknown", "情况不明"), duration(stated.unknown_ms)],
    [both("Missing, tolerated", "缺失（容许）"), duration(stated.tolerated_ms)],
    [both("Lowest, highest", "最低、最高"), stated.lowest_centi_celsius === undefined ? "–" : `${celsius(stated.lowest_centi_celsius)} … ${celsius(stated.highest_centi_celsius)}`],
    [both("From, to", "起止"), stated.since && stated.until ? `${moment(stated.since)} … ${moment(stated.until)}` : "–"],
    [both("Policy pack", "判定标准"), `${stated.pack} ${stated.version}, ${stated.component}`],
    [both("Its figures", "标准数值"), { yes: both("confirmed", "已确认"), station: both("confirmed by the station", "由本站确认") }[stated.verified] || both("not confirmed", "未确认")],
    [both("Temperature records", "温度记录"), carried],
  ];
  const list = make("dl", { class: "facts" });
  for (const [name, value] of facts) list.append(make("dt", {}, name), make("dd", {}, value));
  for (const each of stated.limits || []) if (each.occasions) list.append(make("dt", {}, both("Beyond ", "超出 "), limitsOf(each)), make("dd", {}, beyond(each)));
  const said = both("What the ledger stated; this page does not judge it again.", "账本给出的结论；本页不重新判定。");
  const parts = [make("p", { class: "stated" }, exposureBadge(stated)), list, make("p", { class: "dim small" }, said)];
  return card("cold-chain", title, ...showEarlier(work), ...parts);
}

function limitsOf({ low_centi_celsius: low, high_centi_celsius: high }) {
  return low === undefined ? `≤ ${celsius(high)}` : high === undefined ? `≥ ${celsius(low)}` : `${celsius(low)} … ${celsius(high)}`;
}

// How long beyond one pair of limits in all, how often, and the longest time.
function beyond({ above_ms: above = 0, below_ms: below = 0, occasions, longest_ms: longest }) {
  return both(`above ${duration(above) || "never"}, below ${duration(below) || "never"}; ${occasions} ${occasions === 1 ? "occasion" : "occasions"}, the longest ${duration(longest)}`,
    `高于上限 ${duration(above) || "无"}，低于下限 ${duration(below) || "无"}；共 ${occasions} 次，最长一次 ${duration(longest)}`);
}

// What earlier logs stated, the earliest first; durations of different logs are never added.
function showEarlier(work) {
  const told = work.before.get(work.passport.subject) || [];
  if (!told.length) return [];
  const rows = told.map(({ origin, exposure }) => make("li", { class: "earlier", "data-earlier": origin },
    make("p", { class: "dim small" }, both("Before, in ", "此前，在 "), make("span", { class: "mono" }, origin)),
    exposureBadge(exposure),
    exposure ? make("p", { class: "small" }, both(`Out of range ${duration(exposure.out_ms)}, unknown ${duration(exposure.unknown_ms)}`, `超温 ${duration(exposure.out_ms)}，情况不明 ${duration(exposure.unknown_ms)}`)) : null));
  const here = make("p", { class: "dim small" }, both("Since then, in ", "此后，在 "), make("span", { class: "mono" }, work.head.origin));
  return [make("ol", {}, ...rows), here];
}

// ── the events ──────────────────────────────────────────────────────────────────────────────────────────────────────

function showEvents({ work }) {
  const names = namesOf(work);
  const rows = byTime(work.own).map((event) => {
    const { kind, fields, index } = event;
    const detail = detailOf(kind, fields, names);
    const place = fields.place ? make("span", { class: "dim" }, named(names, fields.place)) : null;
    const isStruck = correctionsOf(work).struck.has(saidAs(event));
    const what = [make("span", { class: "what-word" }, kindWord(kind)), detail ? ` ${detail}` : null, place ? make("br", {}) : null, place];
    return make("tr", isStruck ? { class: "struck" } : {},
      make("td", { class: "when dim" }, make("time", { datetime: fields.time, title: fields.time }, moment(fields.time))),
      make("td", {}, isStruck ? make("s", {}, ...what) : make("span", {}, ...what), ...besideIt(work, event)),
      make("td", { class: "dim" }, aboutWhat(work, fields)),
      make("td", { class: "mono tiny dim" }, make("span", {}, `${fields.stream} #${fields.seq}`), " ", make("span", {}, both(`batch ${index}`, `批次 ${index}`))));
  });
  const heads = [both("When", "时间"), both("What, where", "事件、地点"), both("About", "对象"), both("In the log", "日志位置")];
  const head = make("thead", {}, make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text))));
  const count = both(`${rows.length} events, oldest first; times in ${zoneHere()}`, `${rows.length} 条，最早在前；时区 ${zoneHere()}`);
  const table = make("table", { class: "history" }, head, make("tbody", {}, ...rows));
  if (isUnit(work.passport.subject)) return card("events", both("Events", "事件"), make("p", { class: "dim small" }, count), table);
  return card("events", both("Events", "事件"), make("details", {}, make("summary", { class: "small" }, count), table));
}

function namesOf(work) {
  const names = new Map();
  for (const { kind, fields } of allEvents(work)) {
    if (kind === "place_added") names.set(fields.place, words(fields.name_en, fields.name_zh));
    if (kind === "organisation_added") names.set(fields.organisation, words(fields.name_en, fields.name_zh));
  }
  return names;
}

function named(names, id) {
  return names.has(id) ? say(names.get(id)) : id.slice(id.indexOf(":") + 1);
}

function kindWord(kind) {
  return both(...WORDS.kinds[kind]);
}

function choice(value) {
  return WORDS.choices[value] ? both(...WORDS.choices[value]) : value;
}

function aboutWhat(work, fields) {
  if (!isUnit(work.passport.subject)) return aboutWhich(fields);
  if (fields.unit === work.passport.subject) return both("this unit", "本袋");
  if (fields.tag) return both("its tag", "其标签");
  if ((fields.about || []).includes(work.passport.subject)) return both("this unit", "本袋");
  if (fields.din) return both("its donation", "该次献血");
  if (fields.unit || fields.parents) return work.family.has(fields.unit) ? both("its origin", "其来源") : both("its making", "其制备");
  return both("this and others", "本袋及其他");
}

function aboutWhich({ unit, units, parents, about, din, tag }) {
  const named = units || parents || (about && about.length ? about : [unit || din || tag || "–"]);
  const short = named[0].slice(named[0].indexOf(":") + 1);
  return named.length > 1 ? both(`${named.length} units`, `${named.length} 袋`) : short;
}

// What an event says beyond its kind, in a few words.
function detailOf(kind, fields, names) {
  if (kind === "dispatched") return both(`to ${named(names, fields.to)}`, `至 ${named(names, fields.to)}`);
  if (fields.returning) return decidedOf(fields);
  if (kind === "returned") return sentBackOf(fields);
  if (fields.override) {
    const aside = (fields.set_aside || []).map(choice).join(both(", ", "，"));
    return both(`override: ${aside} ${fields.override}`, `特批：${aside} ${fields.override}`);
  }
  if (kind === "corrected" || kind === "commented") return `${fields.of_stream} #${fields.of_seq}: ${fields.reason}`;
  if (kind === "excursion") return celsius(fields.centi_celsius);
  if (fields.tag) return fields.tag.slice(-8);
  if (fields.box) return fields.box.slice("box:".length);
  const chosen = [fields.overall, fields.outcome, fields.result, fields.severity, fields.code].filter((each) => each).map(choice);
  if (fields.abo) chosen.push(groupOf(fields));
  if (chosen.length) return chosen.join(both(", ", "，"));
  if (fields.volume_ml !== undefined) return `${fields.volume_ml} mL`;
  return fields.reason || "";
}
