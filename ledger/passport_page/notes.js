// C2SP signed notes, verifier keys, checkpoints, batch notes and trust policies, as strict as ledger/core.

const MAX_NOTE_BYTES = 256 * 1024;
const MAX_POLICY_BYTES = 1024 * 1024;
const MAX_SIGNATURES = 100;
const ED25519 = 0x01;
const COSIGNATURE_V1 = 0x04;
const ML_DSA_44 = 0x06;
const PUBLIC_BYTES = { [ED25519]: 32, [COSIGNATURE_V1]: 32, [ML_DSA_44]: 1312 };
const CONTROL = /[\x00-\x09\x0b-\x1f]/;
const SPACE = /[\x09-\x0d\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const BATCH_HEADER = "xuemai/batch/v1";
const EM_DASH = "\u2014 ";

function malformed(en, zh) {
  return new Wrong(`expected ${en}`, `应为${zh}`);
}

function requireNoteText(text) {
  if (utf8.encode(text).length > MAX_NOTE_BYTES) throw malformed("a note of at most 256 KiB", "至多 256 KiB 的签名便笺");
  if (CONTROL.test(text)) throw malformed("no control character but newline in a note", "除换行外不含控制字符的便笺");
}

function parseNote(text) {
  requireNoteText(text);
  const end = text.lastIndexOf("\n\n");
  if (end < 0) throw malformed("a text, a blank line and signature lines", "正文、空行和签名行");
  return { text: text.slice(0, end + 1), signatures: parseSignatureLines(text.slice(end + 2)) };
}

function parseSignatureLines(block) {
  requireNoteText(block);
  if (!block.endsWith("\n")) throw malformed("signature lines that each end in a newline", "以换行结尾的签名行");
  const lines = block.slice(0, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw malformed(`at most ${MAX_SIGNATURES} signatures`, `至多 ${MAX_SIGNATURES} 个签名`);
  return lines.map(parseSignatureLine);
}

function parseSignatureLine(line) {
  const parts = line.slice(EM_DASH.length).split(" ");
  if (!line.startsWith(EM_DASH) || parts.length !== 2) {
    throw malformed("a signature line: em dash, key name, base64", "签名行：破折号、密钥名、base64");
  }
  requireName(parts[0]);
  const material = parseBase64(parts[1]);
  if (material.length <= 4) throw malformed("a key id and a signature", "密钥编号和签名");
  return { name: parts[0], id: hexOf(material.subarray(0, 4)), raw: material.subarray(4) };
}

function requireName(name) {
  if (!name || name.includes("+") || SPACE.test(name) || CONTROL.test(name)) {
    throw malformed(`a key name without spaces and plus signs, got ${clipped(name)}`, `不含空格和加号的密钥名，而不是 ${clipped(name)}`);
  }
}

async function parseVkey(text) {
  const found = /^([^+]*)\+([^+]*)\+([^]*)$/.exec(text);
  if (!found || !/^[0-9a-f]{8}$/.test(found[2])) {
    throw malformed(`a verifier key, got ${clipped(text)}`, `验证公钥，而不是 ${clipped(text)}`);
  }
  const material = parseBase64(found[3]);
  requireName(found[1]);
  const expected = PUBLIC_BYTES[material[0]] || material.length - 1;
  if (material.length < 2 || material.length - 1 !== expected) {
    throw malformed("a signature type and a public key", "签名类型和公钥");
  }
  const id = hexOf((await sha256(joined(utf8.encode(`${found[1]}\n`), material))).subarray(0, 4));
  if (id !== found[2]) throw malformed(`the key id ${id}, got ${found[2]}`, `密钥编号 ${id}，而不是 ${found[2]}`);
  return { name: found[1], id, algorithm: material[0], publicKey: material.subarray(1), vkey: text };
}

async function fingerprint(vkey) {
  return `key:${hexOf(await sha256(utf8.encode(vkey)))}`;
}

// The lines of a note that are of known keys, each with its key.
function linesOf(note, keys) {
  return note.signatures
    .map((line) => ({ line, key: keys.find((key) => key.name === line.name && key.id === line.id) }))
    .filter((each) => each.key);
}

// The keys that signed the note, each once, at least one, or a Wrong: one bad line of a known key refuses the whole note.
async function verifyNote(note, keys) {
  const named = (key) => `${key.name}+${key.id}`;
  if (new Set(keys.map(named)).size < new Set(keys.map((key) => key.vkey)).size) {
    throw new Wrong("two known keys have one name and id", "两个已知密钥的名称和编号相同");
  }
  const lines = linesOf(note, keys);
  if (!lines.length) throw new Wrong("no known key signed it", "没有已知密钥的签名");
  for (const { line, key } of lines) {
    const refused = await verifyLine(note.text, line, key);
    if (refused) throw new Wrong(`${key.name}: ${refused.en}`, `${key.name}：${refused.zh}`);
  }
  return Array.from(new Set(lines.map((each) => each.key)));
}

async function verifyLine(text, line, key) {
  if (key.algorithm === ED25519) return verifyEd25519(key.publicKey, utf8.encode(text), line.raw);
  if (key.algorithm !== COSIGNATURE_V1) return words("unknown signature type", "未知的签名类型");
  if (line.raw.length !== 72) return words("expected a cosignature of 72 bytes", "见证签名应为 72 字节");
  const time = BigInt(`0x${hexOf(line.raw.subarray(0, 8))}`);
  if (time >= 1n << 63n) return words("the cosignature's time is out of range", "见证签名的时间超出范围");
  const message = utf8.encode(`cosignature/v1\ntime ${time}\n${text}`);
  return verifyEd25519(key.publicKey, message, line.raw.subarray(8));
}

function parseCheckpoint(raw) {
  const note = parseNote(raw);
  const lines = note.text.split("\n").slice(0, -1);
  if (lines.length < 3 || !lines.every((line) => line)) {
    throw malformed("origin, size and root on a line each", "来源、大小、根各占一行");
  }
  const size = /^(?:0|[1-9][0-9]{0,19})$/.test(lines[1]) ? BigInt(lines[1]) : null;
  if (size === null || size >= 1n << 64n) throw malformed("a tree size in decimal", "十进制的日志大小");
  return { note, origin: lines[0], size, root: parseHash(lines[2]) };
}

function parseHash(text) {
  const hash = parseBase64(text);
  if (hash.length !== 32) throw malformed("a hash of 32 bytes", "32 字节的散列值");
  return hash;
}

function parseBatchNote(raw) {
  const note = parseNote(raw);
  if (note.signatures.length !== 1) throw malformed("exactly one signature on a batch note", "批次便笺上恰有一个签名");
  const lines = note.text.split("\n");
  if (lines.length !== 8 || lines[0] !== BATCH_HEADER || !lines[1]) {
    throw malformed(`${BATCH_HEADER} and seven lines`, `${BATCH_HEADER} 和七行`);
  }
  const range = /^([1-9][0-9]{0,15}) ([1-9][0-9]{0,3})$/.exec(lines[3]);
  if (!range || Number(range[2]) > 1024) throw malformed("a first number and a count of 1 to 1024", "起始序号和 1 至 1024 的件数");
  const carrier = carrierOf(lines[2]);
  parseHash(lines[4]);
  const root = parseHash(lines[5]);
  parseInstant(lines[6]);
  const first = Number(range[1]);
  const count = Number(range[2]);
  return { note, origin: lines[1], stream: lines[2], carrier, first, count, last: first + count - 1, root };
}

// A C2SP trust policy from its bytes; names are compared byte for byte.
async function parsePolicy(bytes) {
  if (bytes.length > MAX_POLICY_BYTES) throw malformed("a policy of at most 1 MiB", "至多 1 MiB 的信任策略");
  const policy = { logs: [], witnesses: [], groups: [], quorum: null, defined: new Set(), grouped: new Set() };
  const lines = binaryOf(bytes).split("\n");
  for (let i = 0; i < lines.length; i += 1) {
    try {
      await readPolicyLine(policy, lines[i]);
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      throw new Wrong(`policy line ${i + 1}: ${error.words.en}`, `信任策略第 ${i + 1} 行：${error.words.zh}`);
    }
  }
  if (policy.quorum === null) throw malformed("one quorum line in the policy", "信任策略中有一行 quorum");
  return policy;
}

async function readPolicyLine(policy, line) {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(line)) throw malformed("no control character", "不含控制字符的行");
  const items = line.split(/[\t ]+/).filter((item) => item);
  if (!items.length || items[0].startsWith("#")) return;
  const [word, name, third, ...rest] = items;
  if (word === "log" && (items.length === 2 || items.length === 3)) {
    await addPolicyKey(policy.logs, { name: "", vkey: name, url: third }, [ED25519, ML_DSA_44]);
  } else if (word === "witness" && (items.length === 3 || items.length === 4)) {
    await addPolicyKey(policy.witnesses, { name, vkey: third, url: rest[0] }, [COSIGNATURE_V1, ML_DSA_44]);
    define(policy, name);
  } else if (word === "group" && items.length > 3) {
    addPolicyGroup(policy, name, third, rest);
  } else if (word === "quorum" && items.length === 2) {
    if (policy.quorum !== null) throw malformed("one quorum line, got another", "只有一行 quorum");
    if (name !== "none") requireDefined(policy, name);
    policy.quorum = name;
  } else {
    throw malformed("a line `log`, `witness`, `group` or `quorum`", " log、witness、group 或 quorum 行");
  }
}

async function addPolicyKey(list, { name, vkey, url }, algorithms) {
  const key = await parseVkey(textOf(bytesOf(vkey)));
  if (!algorithms.includes(key.algorithm)) throw malformed(`a key of type ${algorithms.join("/")}`, `类型 ${algorithms.join("/")} 的密钥`);
  if (list.some((each) => equal(each.key.publicKey, key.publicKey))) throw malformed("each key once", "不重复的密钥");
  list.push({ name, key, url });
}

function addPolicyGroup(policy, name, threshold, members) {
  for (const member of members) {
    requireDefined(policy, member);
    if (policy.grouped.has(member)) throw malformed("each name in one group once", "每个名称只属于一组");
    policy.grouped.add(member);
  }
  const needed = thresholdOf(threshold, members.length);
  define(policy, name);
  policy.groups.push({ name, needed, members });
}

function thresholdOf(text, members) {
  if (text === "any") return 1;
  if (text === "all") return members;
  const needed = /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : 0;
  if (!needed || needed > members) throw malformed("any, all or a number of members", "any、all 或成员数");
  return needed;
}

function define(policy, name) {
  if (name === "none" || policy.defined.has(name)) throw malformed("a new name", "未用过的名称");
  policy.defined.add(name);
}

function requireDefined(policy, name) {
  if (!policy.defined.has(name)) throw malformed("a name of an earlier line", "前面定义过的名称");
}

// Whether the keys that verifiably cosigned are the policy's quorum.
function isQuorum(policy, cosigners) {
  const witnessed = new Map([["none", true]]);
  for (const each of policy.witnesses) witnessed.set(each.name, cosigners.includes(each.key));
  for (const group of policy.groups) {
    witnessed.set(group.name, group.members.filter((name) => witnessed.get(name)).length >= group.needed);
  }
  return witnessed.get(policy.quorum);
}
