// Verification of a passport in the numbered steps of docs/format.md §8, with the verdicts of ledger/core/verify.py.
//
// `verifyPassport(bytes, trust)` resolves to {verdict, steps, units, work}; the first failure ends it and names its step.
// `trust` is what the person believes: policy (or null), auditors, nowMs, and roots (origin → the log's first site key). The steps of UNIT_STEPS are taken for each unit apart, and one unit's failure hides nothing of the others.

const FORMAT = "xuemai/passport/v1";
const MAX_PASSPORT_BYTES = 16 * 1024 * 1024;
const PASSPORT_FIELDS = ["format", "subject", "checkpoint", "log_key", "batches", "proof"];
const NO_AUDITORS = { keys: [], needed: 1, maxAgeMs: null, otherwise: "warn" };
const BATCH_FIELDS = ["index", "note", "positions", "events", "proof"];

class Undecidable extends Wrong {}

class Warned {
  constructor(en, zh) {
    this.words = { en, zh };
  }
}

const FILE_STEPS = [
  ["checkpoint", checkCheckpoint],
  ["witnesses", checkWitnesses],
  ["batch-notes", checkBatchNotes],
  ["log-proof", checkLogProof],
  ["event-proofs", checkEventProofs],
  ["events", checkEvents],
  ["keys", checkKeys],
  ["signatures", checkSignatures],
  ["subject", checkSubject],
];
const UNIT_STEPS = [
  ["exposure", checkExposure],
  ["completeness", checkCompleteness],
  ["hand-over", checkHandOver],
];
const STEP_NAMES = ["format", ...FILE_STEPS.map((each) => each[0]), ...UNIT_STEPS.map((each) => each[0])];
const WORST = ["valid", "warnings", "undecidable", "invalid"];

function verifyPassport(bytes, trust) {
  return judgePassport(bytes, trust, 0);
}

function newWork(trust, depth) {
  return {
    ...trust, trust, seen: [], signers: [], map: null, passport: null, depth, batches: [], keys: new Map(),
    logKeys: new Map(), units: [], family: new Set(), exposures: new Map(), segments: 0, carried: null, left: new Map(),
    before: new Map(),
  };
}

// A passport that is carried in `depth` others.
async function judgePassport(bytes, trust, depth) {
  const work = newWork(trust, depth);
  const steps = [];
  const conclude = (verdict, units) => ({ verdict, steps, units: units || [], work });
  for (const [step, check] of [["format", (into) => checkFormat(into, bytes)], ...FILE_STEPS]) {
    const [verdict, outcome] = await take(step, () => check(work));
    steps.push(outcome);
    if (verdict === "undecidable" || verdict === "invalid") return conclude(verdict);
  }
  const soFar = steps.some((each) => each.status === "warning") ? "warnings" : "valid";
  const units = [];
  for (const unit of work.units) units.push(await judgeUnit(work, unit, soFar));
  steps.push(...overall(units));
  return conclude(units.map((each) => each.verdict).reduce(worse), units);
}

function worse(one, other) {
  return WORST.indexOf(one) < WORST.indexOf(other) ? other : one;
}

// One step: the verdict that it alone would give, and its outcome.
async function take(step, check) {
  try {
    const result = await check();
    if (result instanceof Warned) return ["warnings", { step, status: "warning", words: result.words }];
    return ["valid", { step, status: "ok", words: result }];
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    if (error instanceof Undecidable) return ["undecidable", { step, status: "warning", words: error.words }];
    return ["invalid", { step, status: "failed", words: error.words }];
  }
}

// The steps about one unit; the first that fails ends them for this unit alone.
async function judgeUnit(work, unit, soFar) {
  const found = { unit, verdict: soFar, steps: [] };
  for (const [step, check] of UNIT_STEPS) {
    const [verdict, outcome] = await take(step, () => check(work, unit));
    found.verdict = worse(found.verdict, verdict);
    found.steps.push(outcome);
    if (verdict === "invalid") break;
  }
  return found;
}

// The steps about units as steps of the whole; the first that failed for any unit is the last.
function overall(units) {
  const merged = [];
  for (const [name] of UNIT_STEPS) {
    merged.push(merge(units.map((each) => each.steps.find(({ step }) => step === name)).filter((each) => each)));
    if (merged[merged.length - 1].status === "failed") break;
  }
  return merged;
}

function merge(outcomes) {
  if (outcomes.length === 1) return outcomes[0];
  const status = ["failed", "warning", "ok"].find((each) => outcomes.some((outcome) => outcome.status === each));
  const alike = outcomes.filter((outcome) => outcome.status === status);
  const { step, words: first } = alike[0];
  if (status === "ok") return { step, status, words: words(`holds for each of ${alike.length} units`, `${alike.length} 袋逐一成立`) };
  const of = `${alike.length}/${outcomes.length}`;
  return { step, status, words: words(`${of} units: ${first.en}`, `${of} 袋：${first.zh}`) };
}

// ── step 1 ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function checkFormat(work, bytes) {
  if (bytes.length > MAX_PASSPORT_BYTES) throw malformed("at most 16 MiB", "至多 16 MiB 的文件");
  requireVersion(bytes);
  const text = textOf(bytes);
  if (!text.endsWith("\n")) throw malformed("a newline at the end", "以换行结尾的文件");
  const passport = parseCanonical(text.slice(0, -1));
  if (!isPassport(passport)) throw malformed(`the fields of ${FORMAT}`, `${FORMAT} 的字段`);
  if (!fits(passport.subject, SHAPES.unit) && !fits(passport.subject, SHAPES.consignment)) {
    throw malformed("a unit or a dispatch note as subject", "以血袋或发血单为对象的凭证");
  }
  work.passport = passport;
  return words(`${FORMAT} for ${passport.subject}`, `${FORMAT}，对象 ${passport.subject}`);
}

// The version is told by how the file begins, byte for byte: nothing is known of what a later one allows further on.
function requireVersion(bytes) {
  const found = /^\{"format":"([^"\\\x00-\x1f]{1,100})"[,}]/.exec(binaryOf(bytes.subarray(0, 200)));
  const named = found ? found[1] : "";
  if (named === FORMAT) return;
  if (/^xuemai\/passport\/v[1-9][0-9]{0,8}$/.test(named)) {
    throw new Undecidable(`${named} needs a newer verifier`, `${named} 需要更新的验证程序`);
  }
  throw malformed(FORMAT, ` ${FORMAT}`);
}

function isPassport(value) {
  const isList = (each, test) => Array.isArray(each) && each.every(test);
  const isText = (each) => typeof each === "string";
  const isIndex = (each) => Number.isInteger(each) && each >= 0;
  const isBatch = (each) =>
    hasFields(each, BATCH_FIELDS) && isIndex(each.index) && isText(each.note) && isList(each.positions, isIndex) &&
    each.positions.length > 0 && isList(each.events, isText) && isList(each.proof, isText);
  const isBefore = (each) => isList(each, isText) && each.length > 0;
  return (
    hasFields(value, PASSPORT_FIELDS.concat(["before", "map"].filter((name) => own(value, name) !== undefined))) &&
    isText(value.subject) && isText(value.checkpoint) && isText(value.log_key) &&
    (!("before" in value) || isBefore(value.before)) && (!("map" in value) || isCarriedMap(value.map)) &&
    isList(value.batches, isBatch) && value.batches.length > 0 && isList(value.proof, isText)
  );
}

function hasFields(value, names) {
  return typeof value === "object" && !Array.isArray(value) && Object.keys(value).join() === names.join();
}

// ── steps 2 and 3 ───────────────────────────────────────────────────────────────────────────────────────────────────

async function checkCheckpoint(work) {
  work.head = parseCheckpoint(work.passport.checkpoint);
  const { origin, note, size } = work.head;
  const carried = await parseVkey(work.passport.log_key);
  if (work.policy === null) {
    const unsigned = new Wrong(`the carried log key did not sign the checkpoint of ${origin}`, `随附的日志密钥没有签署 ${origin} 的存证点`);
    if (carried.name !== origin) throw unsigned;
    await verifyNote(note, [carried]).catch(() => Promise.reject(unsigned));
    work.fingerprint = await fingerprint(carried.vkey);
    return new Warned(
      "signed by the key that came with the file; compare its fingerprint with one that you know",
      "由随文件而来的密钥签署；请将其指纹与您已知的指纹核对",
    );
  }
  // Browsers know Ed25519 alone, so that a policy's keys of other types have signed nothing, here as on the command line.
  const trusted = work.policy.logs.map((log) => log.key).filter((key) => key.name === origin && key.algorithm === ED25519);
  if (!trusted.length) throw new Undecidable(`the policy names no log ${origin} with an Ed25519 key`, `信任策略中没有使用 Ed25519 密钥的日志 ${origin}`);
  await verifyNote(note, trusted);
  return words(`${origin} at size ${size}, signed by a log of your policy`, `${origin}，大小 ${size}，由您信任策略中的日志签署`);
}

async function checkWitnesses(work) {
  if (work.policy === null) return new Warned("no policy says which witnesses are needed", "没有信任策略说明需要哪些见证");
  const { witnesses, quorum } = work.policy;
  if (!witnesses.length) {
    if (quorum !== "none") return new Warned("the quorum names nobody", "法定见证数未指定见证者");
    return words("your policy asks for no witness", "您的信任策略不要求见证");
  }
  let cosigners = [];
  try {
    cosigners = await verifyNote(work.head.note, witnesses.map((each) => each.key).filter((key) => key.algorithm === COSIGNATURE_V1));
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
  }
  const count = cosigners.length;
  if (!isQuorum(work.policy, cosigners)) {
    return new Warned(`${count} of your policy's witnesses cosigned: too few`, `信任策略中只有 ${count} 个见证者联署，不够`);
  }
  return words(`${count} witnesses cosigned, as your policy asks`, `${count} 个见证者联署，符合信任策略`);
}

// ── steps 4 to 6 ────────────────────────────────────────────────────────────────────────────────────────────────────

function checkBatchNotes(work) {
  let last = -1;
  for (const carried of work.passport.batches) {
    const opened = { ...parseBatchNote(carried.note), carried, index: carried.index, events: [] };
    if (opened.origin !== work.head.origin) {
      throw new Wrong(`batch ${opened.index} was made for ${opened.origin}`, `批次 ${opened.index} 是为 ${opened.origin} 制作的`);
    }
    if (opened.index <= last) throw new Wrong(`batch ${opened.index} is out of order`, `批次 ${opened.index} 次序不对`);
    last = opened.index;
    work.batches.push(opened);
  }
  return words(`${work.batches.length} batches for ${work.head.origin}`, `${work.batches.length} 个批次，属于 ${work.head.origin}`);
}

async function checkLogProof(work) {
  const leaves = new Map();
  for (const { index, carried } of work.batches) leaves.set(index, await leafHash(utf8.encode(carried.note)));
  const root = await rootFromMultiproof(leaves, work.head.size, work.passport.proof.map(parseBase64));
  if (!equal(root, work.head.root)) {
    throw new Wrong("the batches do not lead to the checkpoint's root", "批次推算不出存证点的根");
  }
  const shown = hexOf(root).slice(0, 16);
  return words(`in the log of size ${work.head.size} with root ${shown}…`, `在大小为 ${work.head.size}、根为 ${shown}… 的日志中`);
}

async function checkEventProofs(work) {
  let count = 0;
  for (const { index, carried, count: size, root } of work.batches) {
    const { positions, events } = carried;
    const isAscending = positions.every((position, i) => i === 0 || positions[i - 1] < position);
    if (positions.length !== events.length || !isAscending) {
      throw new Wrong(`batch ${index}: expected one ascending position an event`, `批次 ${index}：每个事件应有一个递增的位置`);
    }
    const hashes = await Promise.all(events.map((text) => leafHash(utf8.encode(text))));
    const leaves = new Map(positions.map((position, i) => [position, hashes[i]]));
    const found = await rootFromMultiproof(leaves, BigInt(size), carried.proof.map(parseBase64));
    if (!equal(found, root)) throw new Wrong(`batch ${index}: an event was altered`, `批次 ${index}：有事件被改动`);
    count += events.length;
  }
  return words(`${count} events, byte for byte as their producers sealed them`, `${count} 个事件，与产生者封存时逐字节相同`);
}

// ── steps 7 to 9 ────────────────────────────────────────────────────────────────────────────────────────────────────

function checkEvents(work) {
  let defects = 0;
  for (const opened of work.batches) {
    opened.carried.events.forEach((text, i) => {
      const seq = opened.first + opened.carried.positions[i];
      const event = judgeEvent(text, opened.stream, seq);
      work.seen.push({ ...event, index: opened.index, position: opened.carried.positions[i], text });
      if (event.defect) defects += 1;
      else opened.events.push({ ...event, index: opened.index });
    });
  }
  if (defects) return new Warned(`${defects} events are kept without being understood`, `${defects} 个事件按原样保存，未能理解`);
  return words("every event is well formed and stands at its place", "每个事件格式正确、位置正确");
}

// Every event that is understood, in log order; asked for once the events have been read.
function allEvents(work) {
  if (!work.events) work.events = work.batches.reduce((all, opened) => all.concat(opened.events), []);
  return work.events;
}

async function checkKeys(work) {
  if (work.batches[0].index !== 0) {
    throw new Wrong("the log's first batch, which adds the site's key, is missing", "缺少日志的首个批次（其中登记站点密钥）");
  }
  for (const event of allEvents(work).filter((each) => each.fields.stream === "site")) {
    await applyKeyEvent(work, event);
    await applyLogKeyEvent(work, event);
  }
  requirePinnedRoot(work);
  await requireLogKeys(work);
  return words(`${work.keys.size} keys, as of size ${work.head.size}`, `${work.keys.size} 个密钥，截至大小 ${work.head.size}`);
}

function requirePinnedRoot(work) {
  const pinned = work.trust.roots.get(work.head.origin);
  const root = Array.from(work.keys.values()).find(({ producer }) => producer === "site");
  if (pinned !== undefined && (!root || root.fingerprint !== pinned)) {
    throw new Wrong(`the log does not begin with the site key ${pinned}`, `日志不是以站点密钥 ${pinned} 开始的`);
  }
}

async function checkSignatures(work) {
  const signers = new Set();
  for (const opened of work.batches) {
    const line = opened.note.signatures[0];
    const known = Array.from(work.keys.values()).find(({ key }) => key.name === line.name && key.id === line.id);
    const fail = (en, zh) => new Wrong(`batch ${opened.index}: ${en}`, `批次 ${opened.index}：${zh}`);
    if (!known) throw fail(`no key of the log is ${line.name} ${line.id}`, `日志中没有密钥 ${line.name} ${line.id}`);
    if (producerOf(opened.stream) !== known.producer) throw fail("its key signs for another producer", "其密钥属于另一产生者");
    if (opened.index <= known.addedAt && !(known.producer === "site" && opened.index === 0)) {
      throw fail("its key was added later", "其密钥登记在后");
    }
    if (known.lastGood && opened.last > (known.lastGood.get(opened.stream) || 0)) throw fail("its key was revoked", "其密钥已吊销");
    try {
      await verifyNote(opened.note, [known.key]);
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      throw fail(error.words.en, error.words.zh);
    }
    signers.add(line.name);
    work.signers.push(known.fingerprint);
  }
  const names = Array.from(signers).sort().join(", ");
  return words(`${work.batches.length} batches signed by ${names}`, `${work.batches.length} 个批次，签署者：${names}`);
}

// ── steps 10 to 12 ──────────────────────────────────────────────────────────────────────────────────────────────────

function checkSubject(work) {
  const events = allEvents(work);
  const { subject } = work.passport;
  work.units = unitsOf(subject, events);
  if (!work.units.length) {
    throw new Wrong(`no dispatched event of ${subject} is carried, which would name its units`, `未附 ${subject} 的发血事件，无从得知其血袋`);
  }
  work.family = familyOf(events, work.units);
  const concerned = new Set(work.family).add(subject);
  for (const unit of work.family) concerned.add(dinOf(unit));
  for (const { kind, fields } of events) {
    if (kind === "tag_associated" && work.family.has(fields.unit)) concerned.add(fields.tag);
  }
  const aside = SHAPES.carriers.site.concat(SHAPES.carriers.t);
  work.own = events.filter(({ kind }) => !aside.includes(kind));
  for (const event of work.own) {
    if (!subjectsOf(event).some((name) => concerned.has(name))) {
      const { stream, seq } = event.fields;
      throw new Wrong(`${stream} ${seq} is not about ${subject}`, `${stream} ${seq} 与 ${subject} 无关`);
    }
  }
  if (!work.own.length) throw new Wrong(`no event is about ${subject}`, `没有关于 ${subject} 的事件`);
  const [count, units] = [work.own.length, work.units.length];
  if (isUnit(subject)) return words(`${count} events about the unit, its parents and its donation`, `${count} 个事件，关于本袋、其来源和该次献血`);
  return words(`${count} events about the note's ${units} units, their parents and donations`, `${count} 个事件，关于单上 ${units} 袋、其来源和献血`);
}

async function checkExposure(work, unit) {
  const stated = allEvents(work).filter(({ kind }) => kind === "exposure_stated");
  if (stated.some(({ fields }) => !work.units.includes(fields.unit))) {
    throw new Wrong("a cold-chain statement speaks of another unit", "冷链结论说的是另一袋血");
  }
  const about = stated.filter(({ fields }) => fields.unit === unit);
  if (!about.length) return new Warned("no cold-chain statement is carried", "未附冷链结论：冷链情况没有说明");
  const exposure = about[about.length - 1].fields;
  if (BigInt(exposure.as_of_size) > work.head.size) {
    throw new Wrong("the cold-chain statement speaks of a larger log", "冷链结论引用了更大的日志");
  }
  const texts = work.batches.filter(({ carrier }) => carrier === "t").reduce((all, { carried }) => all.concat(carried.events), []);
  const pack = `${exposure.pack} ${exposure.version}`;
  if (texts.length && unit !== work.passport.subject) {
    throw new Wrong("temperature records are carried, which a dispatch note's passport does not do", "附有温度记录，而发血单凭证不附温度记录");
  }
  if (texts.length) {
    const root = btoa(binaryOf(await rootOf(await Promise.all(texts.map((text) => leafHash(utf8.encode(text)))))));
    if (root !== exposure.segments_root || texts.length !== exposure.segments) {
      throw new Wrong("the temperature records differ from those stated", "所附温度记录与结论所依据的不一致");
    }
  }
  work.exposures.set(unit, exposure);
  work.segments = texts.length;
  if (!texts.length) return words(`stated by ${pack}; temperature records not carried`, `按 ${pack} 得出；未附温度记录`);
  return words(`stated by ${pack}; all ${texts.length} temperature records carried`, `按 ${pack} 得出；所依据的 ${texts.length} 段温度记录全部附上`);
}
