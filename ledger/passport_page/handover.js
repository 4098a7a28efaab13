// Hand-over between two logs: what an accepted passport of the sender's log shows of a unit in the receiver's, as
// ledger/core/handover.py judges it. Two logs have two clocks, so that an order in time only warns; what the two say of
// the cold chain stands side by side and is never added.

const MAX_BEFORE_DEPTH = 3;

async function checkHandOver(work, unit) {
  const events = allEvents(work);
  const accepted = events.filter(({ kind }) => kind === "passport_accepted").map(({ fields }) => fields);
  work.left.set(unit, leftAt(events, unit));
  if (work.depth === MAX_BEFORE_DEPTH && work.passport.before) {
    throw new Wrong(`passports carry each other more than ${MAX_BEFORE_DEPTH} deep`, `凭证相互携带超过 ${MAX_BEFORE_DEPTH} 层`);
  }
  await openCarried(work);
  if (Array.from(work.carried.keys()).some((hash) => !accepted.some((each) => each.sha256 === hash))) {
    throw new Wrong("a passport is carried that this log never accepted", "附有本日志从未接受的凭证");
  }
  const family = familyOf(events, [unit]);
  const arrivals = accepted
    .filter((event) => event.units.some((each) => family.has(each)))
    .map((event) => ({ event, found: work.carried.get(event.sha256) || null }));
  work.before.set(unit, earlier(arrivals, family));
  if (!arrivals.length) return words("no passport of another log was accepted for it", "没有为其接受过其他日志的凭证");
  const judged = arrivals.map((arrival) => judgeArrival(arrival, family, work.head.origin));
  const worst = judged.map(([verdict]) => verdict).reduce(worse);
  const said = judged.filter(([verdict]) => verdict === worst).map((each) => each[1]);
  const all = words(said.map(({ en }) => en).join("; "), said.map(({ zh }) => zh).join("；"));
  if (worst === "invalid") throw new Wrong(all.en, all.zh);
  if (worst === "undecidable") throw new Undecidable(all.en, all.zh);
  return worst === "warnings" ? new Warned(all.en, all.zh) : all;
}

// Each carried passport is verified once, under the same policy, however many units it is about.
async function openCarried(work) {
  if (work.carried) return;
  work.carried = new Map();
  for (const text of work.passport.before || []) {
    const bytes = utf8.encode(text);
    const hash = btoa(binaryOf(await sha256(bytes)));
    work.carried.set(hash, await judgePassport(bytes, work.trust, work.depth + 1));
  }
}

// The latest time at which a `dispatched` event says that custody of the unit left; null if none does.
function leftAt(events, unit) {
  const sent = events.filter(({ kind, fields }) => kind === "dispatched" && fields.units.includes(unit));
  return sent.map(({ fields }) => parseInstant(fields.time)).reduce((one, other) => Math.max(one, other), -Infinity);
}

function judgeArrival({ event, found }, family, here) {
  const name = words(`the passport of ${event.origin} at size ${event.as_of_size}`, `${event.origin} 在大小 ${event.as_of_size} 时的凭证`);
  const say = (verdict, en, zh) => [verdict, words(`${name.en} ${en}`, `${name.zh}${zh}`)];
  if (event.origin === here) return say("invalid", "is of this log itself", "属于本日志自身");
  if (!found) return say("warnings", "was accepted, but is not carried", "已被接受，但未附上");
  if (!found.units.length) {
    const last = found.steps[found.steps.length - 1];
    return say(found.verdict, `: ${last.step}: ${last.words.en}`, `：${last.words.zh}`);
  }
  const { head } = found.work;
  if (head.origin !== event.origin || head.size !== BigInt(event.as_of_size)) {
    return say("invalid", "was accepted; another one is carried", "已被接受；所附的却是另一份");
  }
  if (!event.units.every((unit) => found.work.units.includes(unit))) {
    return say("invalid", "is not about every unit for which it was accepted", "并不涉及为其接受的每一袋");
  }
  const handed = found.units.filter((each) => event.units.includes(each.unit) && family.has(each.unit));
  const worst = handed.map((each) => each.verdict).reduce(worse);
  if (worst === "invalid") return say(worst, "does not hold", "不成立");
  if (worst === "undecidable") return say(worst, "cannot be judged", "无法判断");
  const left = handed.map((each) => found.work.left.get(each.unit));
  if (left.some((at) => at === -Infinity)) return say("warnings", "does not show that custody left", "没有说明已经发出");
  if (left.some((at) => at > parseInstant(event.time))) {
    return say("warnings", "says that custody left after it was accepted", "称在被接受之后才发出");
  }
  if (worst === "warnings") return say(worst, "was accepted; it holds with warnings of its own", "已被接受；成立，但自身有未证明之处");
  return say(worst, "was accepted and holds", "已被接受，成立");
}

// What the carried passports say of the family, each log's before that of the log that accepted it.
function earlier(arrivals, family) {
  const told = [];
  for (const { event, found } of arrivals) {
    for (const { unit, verdict } of found ? found.units : []) {
      if (!family.has(unit) || !event.units.includes(unit)) continue;
      const own = { unit, verdict, origin: found.work.head.origin, size: found.work.head.size, exposure: found.work.exposures.get(unit) };
      told.push(...(found.work.before.get(unit) || []), own);
    }
  }
  return told;
}
