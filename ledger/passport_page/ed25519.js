// Ed25519 verification, as strict as ledger/core/signing.py: what libraries disagree about is refused before any of them
// is asked. Then WebCrypto is asked, or, in a browser without Ed25519 (Chromium before 137), the arithmetic below.
//
// Sources: RFC 8032, 5.1. Only public values come here, so nothing has to take the same time.

const P = (1n << 255n) - 19n;
const L = (1n << 252n) + 27742317777372353535851937790883648493n;
const Y_BITS = (1n << 255n) - 1n;
// The y coordinates of the eight points whose order divides 8.
const LOW_ORDER_Y = [
  1n,
  P - 1n,
  0n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
];

// Resolves to null if the signature is good, else to why it is refused.
async function verifyEd25519(publicKey, message, signature) {
  if (publicKey.length !== 32) return words("expected a public key of 32 bytes", "公钥应为 32 字节");
  if (signature.length !== 64) return words("expected a signature of 64 bytes", "签名应为 64 字节");
  if (littleEndian(signature.subarray(32)) >= L) {
    return words("expected S below the group's order: the signature was altered", "签名的 S 不小于群的阶：签名被改动过");
  }
  if (isWeakPoint(publicKey)) return words("expected a canonical public key of full order", "公钥不规范或阶过低");
  if (isWeakPoint(signature.subarray(0, 32))) return words("expected a canonical R of full order", "签名的 R 不规范或阶过低");
  const verified = (await hasWebCryptoEd25519())
    ? await askWebCrypto(publicKey, message, signature)
    : await solves(publicKey, message, signature);
  return verified ? null : words("the signature does not verify", "签名验证不通过");
}

let webCryptoEd25519 = null;

// Whether this browser's WebCrypto knows Ed25519; asked once, with the base point as a key that must be taken.
function hasWebCryptoEd25519() {
  if (webCryptoEd25519 === null) {
    webCryptoEd25519 = crypto.subtle
      .importKey("raw", encodePoint(BASE), { name: "Ed25519" }, false, ["verify"])
      .then(() => true, () => false);
  }
  return webCryptoEd25519;
}

async function askWebCrypto(publicKey, message, signature) {
  try {
    const key = await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "Ed25519" }, key, signature, message);
  } catch (error) {
    return false; // the public key is no point
  }
}

function littleEndian(bytes) {
  return BigInt(`0x${hexOf(Uint8Array.from(bytes).reverse())}`);
}

function isWeakPoint(encoded) {
  const y = littleEndian(encoded) & Y_BITS;
  return y >= P || LOW_ORDER_Y.includes(y);
}

// ── the curve: -x² + y² = 1 + d x² y² over P, in extended coordinates [X, Y, Z, T], x = X/Z, y = Y/Z, xy = T/Z ──────

function reduced(value) {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function power(base, exponent) {
  let made = 1n;
  let square = reduced(base);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) made = (made * square) % P;
    square = (square * square) % P;
  }
  return made;
}

const D = reduced(-121665n * power(121666n, P - 2n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);
const NEUTRAL = [0n, 1n, 1n, 0n];
const BASE = pointOf(reduced(4n * power(5n, P - 2n)), 0n);

// The point with this y and this lowest bit of x, or null: RFC 8032, 5.1.3.
function pointOf(y, sign) {
  const over = reduced(y * y - 1n);
  const under = reduced(D * y * y + 1n);
  let x = reduced(over * power(under, 3n) * power(over * power(under, 7n), (P - 5n) / 8n));
  const squared = reduced(under * x * x);
  if (squared === reduced(-over)) x = reduced(x * ROOT_OF_MINUS_ONE);
  else if (squared !== over) return null;
  if (x === 0n && sign) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, reduced(x * y)];
}

// Holds for any two points, equal ones too, since d is no square: RFC 8032, 5.1.4.
function plus(one, other) {
  const a = (one[1] - one[0]) * (other[1] - other[0]);
  const b = (one[1] + one[0]) * (other[1] + other[0]);
  const c = ((2n * one[3] * other[3]) % P) * D;
  const d = 2n * one[2] * other[2];
  const e = reduced(b - a);
  const f = reduced(d - c);
  const g = reduced(d + c);
  const h = reduced(b + a);
  return [reduced(e * f), reduced(g * h), reduced(f * g), reduced(e * h)];
}

function encodePoint(point) {
  const inverse = power(point[2], P - 2n);
  const x = reduced(point[0] * inverse);
  const y = reduced(point[1] * inverse);
  const hex = (y | ((x & 1n) << 255n)).toString(16).padStart(64, "0");
  return Uint8Array.from(hex.match(/../g).reverse(), (pair) => parseInt(pair, 16));
}

// Whether S·B - k·A has the encoding R, with k = SHA-512(R ‖ A ‖ M): both products in one pass over the bits.
async function solves(publicKey, message, signature) {
  const encoded = littleEndian(publicKey);
  const key = pointOf(encoded & Y_BITS, encoded >> 255n);
  if (key === null) return false;
  const hashed = await digest("SHA-512", joined(signature.subarray(0, 32), publicKey, message));
  const k = littleEndian(hashed) % L;
  const s = littleEndian(signature.subarray(32));
  const minus = [reduced(-key[0]), key[1], key[2], reduced(-key[3])];
  const both = plus(BASE, minus);
  let sum = NEUTRAL;
  for (let bit = 252n; bit >= 0n; bit -= 1n) {
    sum = plus(sum, sum);
    const ofBase = (s >> bit) & 1n;
    const ofKey = (k >> bit) & 1n;
    if (ofBase && ofKey) sum = plus(sum, both);
    else if (ofBase) sum = plus(sum, BASE);
    else if (ofKey) sum = plus(sum, minus);
  }
  return equal(encodePoint(sum), signature.subarray(0, 32));
}
