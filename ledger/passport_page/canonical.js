// Bytes and text: hashes, base64, hex, and canonical JSON as docs/format.md §2 spells it.
//
// Everything here answers or throws `Wrong`, whose words are in both languages of the page. Hashing is the browser's
// own (WebCrypto, there on file: too).

class Wrong extends Error {
  constructor(en, zh) {
    super(en);
    this.words = { en, zh };
  }
}

function words(en, zh) {
  return { en, zh };
}

const utf8 = new TextEncoder();

function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new Wrong("expected UTF-8", "不是 UTF-8 文本");
  }
}

function bytesOf(binary) {
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

function binaryOf(bytes) {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return binary;
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function equal(left, right) {
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}

function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Standard base64 with padding, only in its one canonical spelling.
function parseBase64(text) {
  let binary = null;
  try {
    binary = atob(text);
  } catch (error) {
    binary = null;
  }
  if (binary === null || btoa(binary) !== text) {
    throw new Wrong(`expected canonical base64, got ${clipped(text)}`, `不是规范的 base64：${clipped(text)}`);
  }
  return bytesOf(binary);
}

function clipped(text) {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

async function digest(algorithm, bytes) {
  return new Uint8Array(await crypto.subtle.digest(algorithm, bytes));
}

function sha256(bytes) {
  return digest("SHA-256", bytes);
}

const MAX_DEPTH = 32;
const INTEGER = /-?(?:0|[1-9][0-9]{0,15})/y;
const SHORT_ESCAPES = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", '"': '"', "\\": "\\" };
const LONG_ESCAPE = /u00(?:0[0-7be-f]|1[0-9a-f])/y;

// Canonical JSON: strings, integers of at most 53 bits, lists and objects; no white space, no duplicate keys, shortest
// escapes. JSON.parse is not asked, because it forgets how its input was spelt.
function parseCanonical(text) {
  const reader = new CanonicalReader(text);
  const value = reader.value(0);
  if (reader.at !== text.length) reader.refuse();
  return value;
}

class CanonicalReader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  refuse() {
    throw new Wrong(`expected canonical JSON; it ends at character ${this.at}`, `不是规范 JSON：第 ${this.at} 个字符处不符`);
  }

  take(character) {
    if (this.text[this.at] !== character) this.refuse();
    this.at += 1;
  }

  value(depth) {
    const first = this.text[this.at];
    if (first === '"') return this.string();
    if (first === "{" || first === "[") {
      if (depth === MAX_DEPTH) this.refuse();
      return first === "{" ? this.object(depth + 1) : this.list(depth + 1);
    }
    return this.integer();
  }

  integer() {
    INTEGER.lastIndex = this.at;
    const found = INTEGER.exec(this.text);
    if (!found || found[0] === "-0" || !Number.isSafeInteger(Number(found[0]))) this.refuse();
    this.at += found[0].length;
    return Number(found[0]);
  }

  string() {
    this.take('"');
    let made = "";
    let start = this.at;
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code === 0x22) break;
      if (Number.isNaN(code) || code < 0x20) this.refuse();
      this.at += 1;
      if (code === 0x5c) {
        made += this.text.slice(start, this.at - 1) + this.escape();
        start = this.at;
      }
    }
    made += this.text.slice(start, this.at);
    this.at += 1;
    return made;
  }

  escape() {
    const short = SHORT_ESCAPES[this.text[this.at]];
    if (short !== undefined) {
      this.at += 1;
      return short;
    }
    LONG_ESCAPE.lastIndex = this.at;
    const found = LONG_ESCAPE.exec(this.text);
    if (!found) this.refuse();
    this.at += found[0].length;
    return String.fromCharCode(parseInt(found[0].slice(1), 16));
  }

  list(depth) {
    const made = [];
    this.take("[");
    while (this.text[this.at] !== "]") {
      if (made.length) this.take(",");
      made.push(this.value(depth));
    }
    this.take("]");
    return made;
  }

  object(depth) {
    const made = Object.create(null);
    let first = true;
    this.take("{");
    while (this.text[this.at] !== "}") {
      if (!first) this.take(",");
      first = false;
      const key = this.string();
      if (key in made) this.refuse();
      this.take(":");
      made[key] = this.value(depth);
    }
    this.take("}");
    return made;
  }
}
