// Events: the envelope without which a line is none, and the shapes of the kinds that this version understands.
//
// SHAPES is made from ledger/core/kinds when the page is made; no field is written down twice.

const MAX_EVENT_BYTES = 4 * 1024;
const CARRIED_OVER_BYTES = 512;
const MAX_SEGMENT_BYTES = 32 * 1024;
const SHAPES = JSON.parse(document.getElementById("shapes").textContent);
const COMMON = SHAPES.common;
const PATTERNS = new Map();
const STREAM = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\/[1-9][0-9]{0,8}\/([ct])$/;
const INSTANT = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{3})Z$/;

function own(object, name) {
  return Object.prototype.hasOwnProperty.call(object, name) ? object[name] : undefined;
}

// The sort of a stream: site, web, c or t.
function carrierOf(stream) {
  if (stream === "site" || stream === "web") return stream;
  const found = STREAM.exec(stream);
  if (!found) throw malformed(`a stream, got ${clipped(stream)}`, `事件流，而不是 ${clipped(stream)}`);
  return found[1];
}

function producerOf(stream) {
  return stream.split("/")[0];
}

// An instant as milliseconds since 1970; only a real date and time.
function parseInstant(text) {
  const found = INSTANT.exec(text);
  const parts = found ? found.slice(1).map(Number) : null;
  if (!parts || !isRealTime(parts)) throw malformed(`an instant, got ${clipped(text)}`, `时刻，而不是 ${clipped(text)}`);
  return Date.parse(text);
}

function isRealTime([year, month, day, hour, minute, second]) {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  const isDate = year > 0 && month > 0 && month < 13 && day > 0 && day <= days[month - 1];
  return isDate && hour < 24 && minute < 60 && second < 60;
}

// What an event's text says: {kind, fields} if it is understood, {kind, fields, defect: true} if it is kept without that;
// a Wrong if it is no event of this stream at this place.
function judgeEvent(text, stream, seq) {
  const usual = text.startsWith('{"kind":"temperature_segment",') ? MAX_SEGMENT_BYTES : MAX_EVENT_BYTES;
  const limit = text.includes('"first_said":{') ? usual + CARRIED_OVER_BYTES : usual;
  if (utf8.encode(text).length > limit) throw malformed(`an event of at most ${limit} bytes`, `至多 ${limit} 字节的事件`);
  const fields = parseCanonical(text);
  if (Array.isArray(fields) || typeof fields !== "object" || !hasEnvelope(fields)) {
    throw malformed("an event with v, kind, stream, seq and nonce", "含 v、kind、stream、seq、nonce 的事件");
  }
  if (fields.stream !== stream || fields.seq !== seq) {
    throw malformed(`${stream} ${seq}, got ${fields.stream} ${fields.seq}`, `${stream} ${seq}，而不是 ${fields.stream} ${fields.seq}`);
  }
  const shape = own(SHAPES.kinds, fields.kind);
  const carried = own(SHAPES.carriers, carrierOf(stream));
  const understood = shape && carried.includes(fields.kind) && fitsKind(fields, shape);
  return understood ? { kind: fields.kind, fields } : { kind: fields.kind, fields, defect: true };
}

function hasEnvelope(fields) {
  return Object.entries(SHAPES.envelope).every(([name, shape]) => name in fields && fits(fields[name], shape));
}

// Whether a value of canonical JSON has a shape: s string, i integer, c choice, l list, p pair or longer tuple, o object.
function fits(value, shape) {
  switch (shape.t) {
    case "s":
      return typeof value === "string" && fitsText(value, shape);
    case "i":
      return Number.isInteger(value) && isWithin(value, shape);
    case "c":
      return shape.of.includes(value);
    case "l":
      return Array.isArray(value) && isWithin(value.length, shape) && value.every((each) => fits(each, shape.item));
    case "p":
      return Array.isArray(value) && value.length === shape.items.length && value.every((each, i) => fits(each, shape.items[i]));
    default:
      return fitsObject(value, shape);
  }
}

// A kind's shape names its own fields; those that every event has are in COMMON.
function fitsKind(fields, shape) {
  return fits(fields, {
    t: "o",
    fields: { ...COMMON.fields, ...shape.fields },
    required: COMMON.required.concat(shape.required),
  });
}

function isWithin(number, shape) {
  return (shape.min === undefined || number >= shape.min) && (shape.max === undefined || number <= shape.max);
}

function fitsText(text, shape) {
  if (shape.pattern === undefined) return isWithin(Array.from(text).length, shape);
  if (!PATTERNS.has(shape.pattern)) PATTERNS.set(shape.pattern, new RegExp(shape.pattern));
  return PATTERNS.get(shape.pattern).test(text) && isWithin(Array.from(text).length, shape);
}

function fitsObject(value, shape) {
  if (typeof value !== "object" || Array.isArray(value)) return false;
  const isWhole = shape.required.every((name) => name in value);
  return isWhole && Object.keys(value).every((name) => own(shape.fields, name) && fits(value[name], shape.fields[name]));
}

// ── what events are about ───────────────────────────────────────────────────────────────────────────────────────────

function dinOf(unit) {
  return `din:${unit.slice("unit:".length).split(".")[0]}`;
}

// Every identifier that an event is about, as ledger/core/custody.py lists them.
function subjectsOf(event) {
  const found = [];
  for (const name of SHAPES.single_subjects) if (name in event.fields) found.push(event.fields[name]);
  for (const name of SHAPES.listed_subjects) found.push(...[].concat(event.fields[name] || []));
  if (isTransformation(event)) found.push(...event.fields.children.map((child) => child.unit));
  return found;
}

function isTransformation(event) {
  return SHAPES.transformations.includes(event.kind);
}

function isUnit(subject) {
  return subject.startsWith("unit:");
}

// The subject itself, or the units that the dispatch note's `dispatched` events name, each once, in their order.
function unitsOf(subject, events) {
  if (isUnit(subject)) return [subject];
  const sent = events.filter(({ kind, fields }) => kind === "dispatched" && fields.dispatch_note === subject);
  return Array.from(new Set(sent.reduce((all, { fields }) => all.concat(fields.units), [])));
}

// The units and every unit that they were made from, as far as these events say.
function familyOf(events, units) {
  const makings = events.filter(isTransformation);
  for (const event of makings) parseInstant(event.fields.time);
  const family = new Set(units);
  for (let known = 0; known < family.size; ) {
    known = family.size;
    for (const { fields } of makings) {
      if (fields.children.some((child) => family.has(child.unit))) fields.parents.forEach((parent) => family.add(parent));
    }
  }
  return family;
}
