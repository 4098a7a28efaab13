// Completeness: that nothing was left out, judged against the unit map, as in ledger/core/completeness.py and mapproof.py.

const MAP_HEADER = "xuemai/map/v1";
const MAP_BUCKETS = 65536n;
const MAP_FIELDS = ["as_of_size", "cosignatures", "entries", "buckets", "proof"];
const BUCKET_FIELDS = ["bucket", "size", "positions", "proof"];
const ENTRY_FIELDS = ["subject", "count", "head"];
const ABSENT_FIELDS = ["index", "position", "leaf"];
const MAX_NAMED_BY_DEFECT = 100;

// What falls short of being shown: why, in both languages.
class Short {
  constructor(en, zh) {
    this.words = { en, zh };
  }
}

function isCarriedMap(value) {
  const isList = (each, test) => Array.isArray(each) && each.length > 0 && each.every(test);
  const isText = (each) => typeof each === "string";
  const isCount = (each) => Number.isInteger(each) && each >= 0;
  const isAbsent = (each) => hasFields(each, ABSENT_FIELDS) && isCount(each.index) && isCount(each.position) && isText(each.leaf);
  const isEntry = (each) =>
    (hasFields(each, ENTRY_FIELDS) || (hasFields(each, [...ENTRY_FIELDS, "absent"]) && isList(each.absent, isAbsent))) &&
    isText(each.subject) && isCount(each.count) && isText(each.head);
  const isBucket = (each) =>
    hasFields(each, BUCKET_FIELDS) && isCount(each.bucket) && each.bucket < MAP_BUCKETS && isCount(each.size) &&
    isList(each.positions, isCount) && Array.isArray(each.proof) && each.proof.every(isText);
  return (
    hasFields(value, MAP_FIELDS) && isCount(value.as_of_size) && isText(value.cosignatures) && isList(value.entries, isEntry) &&
    isList(value.buckets, isBucket) && Array.isArray(value.proof) && value.proof.every(isText)
  );
}

async function checkCompleteness(work, unit) {
  const { map } = work.passport;
  if (map === undefined) return notShown(work, [new Short("that nothing was left out is not shown", "是否有遗漏，未能证明")]);
  if (!work.map) work.map = await openMap(work, map);
  const family = Array.from(familyOf(allEvents(work), [unit]));
  const subjects = Array.from(new Set([...family, ...family.map(dinOf), ...work.signers])).sort();
  const lists = await judgeLists(work.map, subjects);
  const vouched = await judgeCosignatures(work);
  const short = [lists, vouched].filter((each) => each instanceof Short);
  return short.length ? notShown(work, short) : words(`${lists.en}; ${vouched.en}`, `${lists.zh}；${vouched.zh}`);
}

function notShown(work, short) {
  const en = short.map((each) => each.words.en).join("; ");
  const zh = short.map((each) => each.words.zh).join("；");
  if (work.auditors.otherwise === "refuse") throw new Wrong(en, zh);
  return new Warned(en, zh);
}

// ── the map, and the lists that the carried events make ─────────────────────────────────────────────────────────────

async function openMap(work, carried) {
  const size = carried.as_of_size;
  const stated = allEvents(work).find(
    ({ kind, fields, index }) => kind === "unit_map_rooted" && index === size && fields.as_of_size === size,
  );
  if (!stated) throw new Wrong(`no root of the unit map as of size ${size} is carried`, `未附大小为 ${size} 时的索引根`);
  const root = await rootOfCarried(carried);
  if (btoa(binaryOf(root)) !== stated.fields.root) {
    throw new Wrong("the map's entries do not lead to the root that the site states", "索引条目推算不出站点声明的根");
  }
  const note = `${MAP_HEADER}\n${work.head.origin}\n${size}\n${stated.fields.root}\n`;
  const entries = new Map(carried.entries.map((entry) => [entry.subject, entry]));
  return { size, note, cosignatures: carried.cosignatures, entries, erased: erasedOf(work), ...sortedIntoLists(work, size) };
}

async function rootOfCarried({ entries, buckets, proof }) {
  const wrong = new Wrong("the map's buckets do not hold its entries", "索引的分区与条目不符");
  const roots = new Map();
  let taken = 0;
  for (const { bucket, size, positions, proof: within } of buckets) {
    const some = entries.slice(taken, taken + positions.length);
    taken += positions.length;
    const isAscending = positions.every((position, i) => i === 0 || positions[i - 1] < position);
    if (roots.has(bucket) || some.length !== positions.length || !isAscending) throw wrong;
    const leaves = new Map();
    for (let i = 0; i < some.length; i += 1) {
      const path = await sha256(utf8.encode(some[i].subject));
      if (path[0] * 256 + path[1] !== bucket) throw wrong;
      leaves.set(positions[i], await entryLeaf(path, some[i]));
    }
    roots.set(bucket, await rootFromMultiproof(leaves, BigInt(size), within.map(parseHash)));
  }
  if (taken !== entries.length) throw wrong;
  const ordered = new Map(Array.from(roots).sort(([one], [other]) => one - other));
  return rootFromMultiproof(ordered, MAP_BUCKETS, proof.map(parseHash));
}

async function entryLeaf(path, { count, head }) {
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, BigInt(count));
  return leafHash(joined(utf8.encode("xuemai/map-entry/v1\n"), path, number, parseHash(head)));
}

// For each subject the carried events that are on its list: those below `size`, and how many there are from there on.
function sortedIntoLists(work, size) {
  const lists = new Map();
  const later = new Map();
  const tags = new Map();
  const isDemo = allEvents(work).some(({ kind, fields, index }) => kind === "site_opened" && index === 0 && fields.mode === "demo");
  for (const event of work.seen) {
    for (const subject of listsOf(event, tags, isDemo)) {
      if (event.index >= size) later.set(subject, (later.get(subject) || 0) + 1);
      else lists.set(subject, (lists.get(subject) || []).concat(event));
    }
  }
  return { lists, later };
}

// For each subject the events on its list of which the site's stream says that it erased the bytes.
function erasedOf(work) {
  const erased = new Map();
  for (const { kind, fields } of allEvents(work)) {
    if (kind !== "erased" || fields.what !== "body") continue;
    for (const subject of fields.listed || []) {
      erased.set(subject, (erased.get(subject) || new Set()).add(`${fields.of_stream} ${fields.of_seq}`));
    }
  }
  return erased;
}

// The subjects whose lists an event is on: ledger/core/concern.py.
function listsOf(event, tags, isDemo) {
  const isUnderstood = !event.defect && (event.fields.clock !== "simulated" || isDemo);
  const found = isUnderstood ? namedBy(event, tags) : namedByDefect(event.fields);
  if (SHAPES.left_out.includes(event.kind)) return [];
  return found.filter((subject) => SHAPES.mapped.some((kind) => subject.startsWith(kind)));
}

function namedBy(event, tags) {
  const { kind, fields } = event;
  const named = Array.from(new Set(subjectsOf(event)));
  if (kind === "tag_associated") tags.set(fields.tag, fields.unit);
  if (kind === "tag_removed" && tags.get(fields.tag) === fields.unit) tags.delete(fields.tag);
  const isSeen = ["tag_arrived", "tag_left", "unknown_tag_seen", "tag_uncertain", "tag_memory_read"].includes(kind);
  if (!isSeen || !tags.has(fields.tag)) return named;
  const unit = tags.get(fields.tag);
  return [unit, ...named.filter((subject) => subject !== unit && subject !== fields.tag)];
}

function namedByDefect(fields) {
  const texts = Object.values(fields).reduce((all, value) => all.concat(value), []);
  const named = texts.filter((text) => typeof text === "string" && SHAPES.identifiers.some((shape) => fits(text, shape)));
  return Array.from(new Set(named)).sort().slice(0, MAX_NAMED_BY_DEFECT);
}

// ── what is due of each subject, and who vouches for the map ────────────────────────────────────────────────────────

async function judgeLists(map, subjects) {
  let count = 0;
  let later = 0;
  const short = [];
  for (const subject of subjects) {
    const found = await judgeList(map, subject);
    if (found instanceof Short) short.push(found.words);
    else count += found;
    later += map.later.get(subject) || 0;
  }
  if (short.length) return new Short(short.map((each) => each.en).join("; "), short.map((each) => each.zh).join("；"));
  return words(
    `the ${count} entries on ${subjects.length} lists are all there is as of log size ${map.size}; ${later} came later`,
    `截至日志大小 ${map.size}，${subjects.length} 份清单共 ${count} 条，没有遗漏；其后另有 ${later} 条`,
  );
}

async function judgeList(map, subject) {
  const entry = map.entries.get(subject);
  if (entry) return judgeEntry(map, entry);
  if (isDue(map, subject)) throw new Wrong(`${subject}: the map is carried without its entry`, `${subject}：索引中未附其条目`);
  return new Short(`${subject} is newer than the map of size ${map.size}`, `${subject} 晚于大小为 ${map.size} 的索引`);
}

async function judgeEntry(map, entry) {
  const { subject, count } = entry;
  const places = await placesOf(map, entry);
  if (places.length !== count) {
    throw new Wrong(`${subject}: ${places.length} of ${count} events are carried`, `${subject}：应有 ${count} 个事件，附有 ${places.length} 个`);
  }
  let head = new Uint8Array(32);
  for (const { leaf } of places) head = await sha256(joined(Uint8Array.of(2), head, leaf));
  if (!equal(head, parseHash(entry.head))) {
    throw new Wrong(`${subject}: the events carried are not those of the map`, `${subject}：所附事件与索引不符`);
  }
  const absent = (entry.absent || []).length;
  if (absent) {
    const erased = (map.erased.get(subject) || new Set()).size;
    const en = erased ? `; the site says that ${erased} were erased` : "";
    const zh = erased ? `；站点声明已擦除 ${erased} 个` : "";
    return new Short(`${subject}: ${absent} of ${count} events cannot be carried${en}`, `${subject}：${count} 个事件中有 ${absent} 个无法附上${zh}`);
  }
  return count;
}

// The leaves of the events on a list, carried or said to be absent, in the order of their places.
async function placesOf(map, entry) {
  const places = [];
  for (const { index, position, text } of map.lists.get(entry.subject) || []) {
    places.push({ index, position, leaf: await leafHash(utf8.encode(text)) });
  }
  for (const { index, position, leaf } of entry.absent || []) {
    if (index >= map.size || places.some((each) => each.index === index && each.position === position)) {
      throw new Wrong(`${entry.subject}: an event is said to be absent wrongly`, `${entry.subject}：有事件被误称为未附`);
    }
    places.push({ index, position, leaf: parseBase64(leaf) });
  }
  return places.sort((one, other) => one.index - other.index || one.position - other.position);
}

function isDue(map, subject) {
  if (map.lists.has(subject)) return true;
  const isUnitOf = (name) => name.startsWith("unit:") && dinOf(name) === subject;
  return subject.startsWith("din:") && Array.from(map.lists.keys()).some(isUnitOf);
}

async function judgeCosignatures(work) {
  const { keys, needed, maxAgeMs } = work.auditors;
  const { note: text, cosignatures, size } = work.map;
  if (!keys.length) return new Short("no auditor is believed here, so that nobody vouches for it", "此处未指定可信的审计者，无人为其担保");
  const note = { text, signatures: cosignatures ? parseSignatureLines(cosignatures) : [] };
  let cosigners = [];
  try {
    cosigners = await verifyNote(note, keys);
    // Two lines of one auditor have two times: none of them counts.
    if (linesOf(note, keys).length > cosigners.length) cosigners = [];
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
  }
  const enough = (found) => found.length >= needed;
  const names = (found) => found.map((key) => key.name).sort().join(", ");
  if (!enough(cosigners)) {
    return new Short(`${cosigners.length} auditors cosigned the map of size ${size}: too few`, `大小为 ${size} 的索引只有 ${cosigners.length} 个审计者联署，不够`);
  }
  const missing = keys.filter((key) => !cosigners.includes(key));
  const others = missing.length
    ? words(`; not cosigned by ${names(missing)}, who may be at another root`, `；${names(missing)} 未联署，可能在另一个根上`)
    : words("", "");
  if (maxAgeMs === null) return words(`cosigned by ${names(cosigners)}${others.en}`, `联署者：${names(cosigners)}${others.zh}`);
  const recent = cosigners.filter((key) => cosignedMs(note, key) >= work.nowMs - maxAgeMs);
  if (!enough(recent)) return new Short("the auditors' cosignatures are too old", "审计者的联署过旧");
  return words(`cosigned lately by ${names(recent)}${others.en}`, `近期联署者：${names(recent)}${others.zh}`);
}

function cosignedMs(note, key) {
  const { raw } = note.signatures.find((line) => line.name === key.name && line.id === key.id);
  return Number(new DataView(raw.buffer, raw.byteOffset, 8).getBigUint64(0)) * 1000;
}

// Auditors' verifier keys from text, one a line; empty lines and those that begin with # say nothing.
async function parseAuditors(text) {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line && !line.startsWith("#"));
  const keys = [];
  for (const line of lines) {
    const key = await parseVkey(line);
    if (key.algorithm !== COSIGNATURE_V1) throw malformed("an auditor's cosigning key", "审计者的联署公钥");
    keys.push(key);
  }
  return { ...NO_AUDITORS, keys };
}
