// Which key speaks for which producer, and which sign the checkpoints, by log index: ledger/core/keys.py and logkeys.py.

const RESERVED = ["ledger", "log", "receipt", "witness"];

async function applyKeyEvent(work, { kind, fields, index }) {
  if (kind === "key_revoked") return revokeKey(work, fields, index);
  if (kind !== "key_added" && kind !== "key_rotated") return undefined;
  const key = await parseVkey(fields.vkey);
  const possession = possessionOf(work.head.origin, fields.vkey);
  if (key.algorithm !== ED25519) throw new Wrong("a key is of another signature type", "密钥的签名类型不对");
  await requireSignature(key, possession, fields.proof, "the new key did not sign", "新密钥没有签名");
  if ((await fingerprint(fields.vkey)) !== fields.key) throw new Wrong("a key's fingerprint is wrong", "密钥指纹不符");
  if (RESERVED.includes(fields.producer) || key.name !== `${siteOf(work.head.origin)}/${fields.producer}`) {
    throw new Wrong("a key is not named after its producer", "密钥名与产生者不符");
  }
  if (Array.from(work.keys.values()).some((each) => equal(each.key.publicKey, key.publicKey))) {
    throw new Wrong("a key is added twice", "同一密钥登记了两次");
  }
  if (kind === "key_rotated") await requireRotation(work, fields, possession);
  else requireOwn(work, fields.producer, index);
  work.keys.set(fields.key, { key, producer: fields.producer, addedAt: index, lastGood: null, follower: null, keeps: 0, fingerprint: fields.key });
  if (kind === "key_rotated" && fields.producer === "site") {
    const old = work.keys.get(fields.replaces);
    work.keys.set(fields.replaces, { ...old, follower: fields.key, keeps: fields.seq });
  }
  return undefined;
}

function siteOf(origin) {
  const end = origin.lastIndexOf("/ledger/");
  return end > 0 ? origin.slice(0, end) : origin;
}

function possessionOf(origin, vkey) {
  return utf8.encode(`xuemai/key/v1\n${origin}\n${vkey}\n`);
}

function holding(work, producer) {
  return Array.from(work.keys.entries()).filter(([, known]) => known.producer === producer && !known.lastGood).map(([name]) => name);
}

function revokeKey(work, fields, index) {
  const known = work.keys.get(fields.key);
  if (!known) throw new Wrong("a key is revoked that was never added", "吊销了从未登记的密钥");
  if (known.producer === "site" && holding(work, "site").join() === fields.key) {
    throw new Wrong("the site's only key is revoked", "吊销了站点唯一的密钥");
  }
  const lastGood = new Map(fields.last_good.map((good) => [good.stream, good.seq]));
  if (known.lastGood) lastGood.forEach((seq, stream) => lastGood.set(stream, Math.min(seq, known.lastGood.get(stream) || 0)));
  // In the batch that added the follower the revocation is the last word on the two keys, so that it stays as well.
  const beside = known.follower !== null && work.keys.get(known.follower).addedAt === index;
  const keeps = beside ? fields.seq : known.keeps;
  if ((lastGood.get("site") || 0) < keeps) {
    throw new Wrong("a revocation takes away the batch that added the site's next key", "吊销会使登记站点下一把密钥的批次失效");
  }
  work.keys.set(fields.key, { ...known, lastGood, keeps });
}

async function requireRotation(work, fields, possession) {
  const old = work.keys.get(fields.replaces);
  if (!old || old.producer !== fields.producer) throw new Wrong("a key replaces one of another producer", "密钥替换的不是同一产生者的密钥");
  if (old.lastGood) throw new Wrong("a key replaces a revoked one", "密钥替换的是已吊销的密钥");
  await requireSignature(old.key, possession, fields.proof_by_old, "the replaced key did not sign", "被替换的密钥没有签名");
}

function requireOwn(work, producer, index) {
  if (index === 0 || (producer !== "site" && producer !== "web")) return;
  if (producer === "web" && !holding(work, "web").length) return;
  throw new Wrong("a key of the site's own is added instead of rotated", "站点自己的密钥应更换而非新增");
}

// Which keys sign the checkpoints at which size: ledger/core/logkeys.py.
async function applyLogKeyEvent(work, { kind, fields, index }) {
  if (kind === "site_opened") return openLog(work, fields, index);
  if (kind === "log_key_added") return addLogKey(work, fields, index);
  if (kind === "log_key_retired") return retireLogKey(work, fields, index);
  return undefined;
}

async function openLog(work, fields, index) {
  if (index !== 0 || work.logKeys.size) throw new Wrong("a log is opened twice", "日志启用了两次");
  for (const [use, vkey] of [["checkpoint", fields.log_key], ["receipt", fields.receipt_key]]) {
    const key = await parseVkey(vkey);
    requireLogKeyName(work, key, use);
    work.logKeys.set(await fingerprint(vkey), { key, use, addedAt: index, retiredAt: null });
  }
}

async function addLogKey(work, fields, index) {
  const key = await parseVkey(fields.vkey);
  const possession = possessionOf(work.head.origin, fields.vkey);
  requireLogKeyName(work, key, fields.use);
  await requireSignature(key, possession, fields.proof, "the new log key did not sign", "新日志密钥没有签名");
  if ((await fingerprint(fields.vkey)) !== fields.key) throw new Wrong("a log key's fingerprint is wrong", "日志密钥指纹不符");
  if (Array.from(work.logKeys.values()).some((each) => equal(each.key.publicKey, key.publicKey))) {
    throw new Wrong("a log key is added twice", "同一日志密钥登记了两次");
  }
  const old = work.logKeys.get(fields.beside);
  if (!old || old.use !== fields.use || old.retiredAt !== null) {
    throw new Wrong("a log key stands beside one that does not sign", "新日志密钥所依据的密钥并不在用");
  }
  await requireSignature(old.key, possession, fields.proof_by_old, "the present log key did not sign", "现用日志密钥没有签名");
  work.logKeys.set(fields.key, { key, use: fields.use, addedAt: index, retiredAt: null });
}

function retireLogKey(work, fields, index) {
  const known = work.logKeys.get(fields.key);
  if (!known || known.retiredAt !== null) throw new Wrong("a log key is retired that signs nothing", "停用的日志密钥并不在用");
  const others = Array.from(work.logKeys.values()).filter(
    (each) => each !== known && each.use === known.use && each.retiredAt === null && each.addedAt < index,
  );
  if (!others.length) throw new Wrong("the log's only key is retired", "停用了日志唯一的密钥");
  work.logKeys.set(fields.key, { ...known, retiredAt: index });
}

function requireLogKeyName(work, key, use) {
  const { origin } = work.head;
  if (key.algorithm !== ED25519 || key.name !== (use === "checkpoint" ? origin : `${siteOf(origin)}/receipt`)) {
    throw new Wrong("a log key carries another name", "日志密钥的名称不符");
  }
}

async function requireLogKeys(work) {
  const { note, size } = work.head;
  const signing = Array.from(work.logKeys.values()).filter(
    (each) => each.use === "checkpoint" && BigInt(each.addedAt) < size && (each.retiredAt === null || BigInt(each.retiredAt) >= size),
  );
  if (!signing.length) throw new Wrong("the log's first event is missing", "缺少日志的首个事件");
  for (const { key } of signing) await verifyNote(note, [key]);
}

async function requireSignature(key, message, proof, en, zh) {
  if (await verifyEd25519(key.publicKey, message, parseBase64(proof))) throw new Wrong(en, zh);
}
