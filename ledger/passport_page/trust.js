// Trust notes (docs/format.md §16), as strict as ledger/core/trust.py: whom a person who is off line believes, for a while.

const TRUST_HEADER = "xuemai/trust/v1";
const DAY_MS = 86400000;
const MAX_TRUST_DAYS = 400;
const TRUST_NUMBER = /^[1-9][0-9]{0,14}$/;

// Why a trust note decides nothing; `step` is the name that ledger/core/trust.py gives it.
class NotBelieved extends Wrong {
  constructor(step, { en, zh }) {
    super(en, zh);
    this.step = step;
  }
}

// What a signed trust note says, if it may be believed now under the key that the person pins; or NotBelieved.
async function readTrust(bytes, vkey, nowMs) {
  if (!vkey) throw new NotBelieved("trust-key", words("give the key that signs the trust note", "请给出签署信任书的公钥"));
  const key = await believing("trust-key", () => parseVkey(vkey));
  const note = await believing("trust-note", () => parseNote(textOf(bytes)));
  await believing("trust-key", () => verifyNote(note, [key]));
  const trust = await believing("trust-note", () => parseTrust(note.text));
  if (nowMs >= trust.expiresMs) {
    throw new NotBelieved("trust-time", words("the trust note has expired; ask for a new one", "信任书已过期；请索取新的"));
  }
  if (nowMs < trust.issuedMs) {
    throw new NotBelieved("trust-time", words("the trust note is not in force yet; check the clock", "信任书尚未生效；请检查时钟"));
  }
  return { ...trust, nowMs };
}

async function believing(step, ask) {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    const { en, zh } = error.words;
    throw new NotBelieved(step, step === "trust-key"
      ? words(`the trust note is not believed under this key: ${en}`, `信任书不是由该公钥签署的：${zh}`)
      : words(`this is no trust note: ${en}`, `这不是信任书：${zh}`));
  }
}

async function parseTrust(text) {
  const at = text.indexOf("\npolicy\n");
  const lines = text.slice(0, Math.max(at, 0)).split("\n");
  if (at < 0 || lines.length < 3 || lines[0] !== TRUST_HEADER) throw malformed(`${TRUST_HEADER}, its times and a policy`, `${TRUST_HEADER}、起止时间和信任策略`);
  const [issuedMs, expiresMs] = [parseInstant(after(lines[1], "issued ")), parseInstant(after(lines[2], "expires "))];
  if (expiresMs <= issuedMs || expiresMs - issuedMs > MAX_TRUST_DAYS * DAY_MS) {
    throw malformed(`a trust note for at most ${MAX_TRUST_DAYS} days`, `至多 ${MAX_TRUST_DAYS} 天的信任书`);
  }
  const sites = lines.slice(3).filter((line) => line.startsWith("site "));
  const roots = parseRoots(sites);
  const rest = lines.slice(3 + sites.length);
  const auditors = await parseTrustedAuditors(rest);
  const policyText = text.slice(at + "\npolicy\n".length);
  const policy = await parsePolicy(utf8.encode(policyText));
  const head = [TRUST_HEADER, lines[1], lines[2], ...sites, ...rest].join("\n");
  if (head !== text.slice(0, at) || spellPolicy(policy) !== binaryOf(utf8.encode(policyText))) throw malformed("a trust note in its one spelling", "按唯一写法书写的信任书");
  return { issuedMs, expiresMs, roots, auditors, policy };
}

function after(line, word) {
  if (!line.startsWith(word)) throw malformed(`a line ${word.trim()} …`, ` ${word.trim()} … 行`);
  return line.slice(word.length);
}

// Origin → fingerprint of the site key that the log's first batch adds; each origin once, in the order of code points.
function parseRoots(lines) {
  const roots = new Map();
  let last = "";
  for (const line of lines) {
    const parts = line.split(" ").slice(1);
    const origin = binaryOf(utf8.encode(parts[0]));
    if (parts.length !== 2 || !fits(parts[1], SHAPES.key) || (roots.size && origin <= last)) {
      throw malformed("each origin once, in order, with its site key", "每个来源一行、依次排列，并附站点密钥");
    }
    roots.set(parts[0], parts[1]);
    last = origin;
  }
  return roots;
}

async function parseTrustedAuditors(lines) {
  if (!lines.length) return NO_AUDITORS;
  const [needed, age, otherwise, ...more] = after(lines[0], "auditors ").split(" ");
  const keys = [];
  for (const line of lines.slice(1)) keys.push(await parseVkey(after(line, "auditor ")));
  const isCount = TRUST_NUMBER.test(needed) && Number(needed) <= keys.length;
  const isOnce = new Set(keys.map((key) => key.vkey)).size === keys.length;
  const isKnown = otherwise === "warn" || otherwise === "refuse";
  if (more.length || !isCount || !isOnce || !isKnown || !(age === "any" || TRUST_NUMBER.test(age)) || keys.some((key) => key.algorithm !== COSIGNATURE_V1)) {
    throw malformed("auditors, how many of them and how lately", "审计者、所需人数和时限");
  }
  return { keys, needed: Number(needed), maxAgeMs: age === "any" ? null : Number(age), otherwise };
}

// A policy as ledger/core/policy.py writes it, byte for byte (as a binary string).
function spellPolicy({ logs, witnesses, groups, quorum }) {
  const line = (...items) => `${items.filter((item) => item).join(" ")}\n`;
  return [
    ...logs.map(({ key, url }) => line("log", binaryOf(utf8.encode(key.vkey)), url)),
    ...witnesses.map(({ name, key, url }) => line("witness", name, binaryOf(utf8.encode(key.vkey)), url)),
    ...groups.map(({ name, needed, members }) => line("group", name, String(needed), ...members)),
    line("quorum", quorum),
  ].join("");
}
