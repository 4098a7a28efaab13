// What a person brings: whom they trust (a policy, or a trust note), what is on paper, another passport.

// What the person believes, for `verifyPassport`; or a Wrong. A trust note takes the place of policy and auditors.
async function trustGiven() {
  if (state.note !== null) return readTrust(state.note, state.noteKeyText.trim(), Date.now());
  const policy = state.policy === null ? null : await parsePolicy(state.policy);
  return { policy, auditors: await parseAuditors(state.auditorsText), nowMs: Date.now(), roots: new Map() };
}

function showComparing({ work, wrongly }) {
  const print = work && work.fingerprint ? showFingerprint(work.fingerprint) : null;
  const isOfNote = Boolean(wrongly) && state.note !== null;
  const problem = wrongly ? make("div", { id: "not-believed", "data-step": wrongly.step }, badge("stop", sentence(say(wrongly.words)))) : null;
  return make("section", { class: "card compare", "aria-labelledby": "compare" },
    make("h2", { id: "compare" }, both("Whom you trust", "您信任谁")),
    print,
    ...showPolicy(), isOfNote ? null : problem,
    ...showTrustNote(work), isOfNote ? problem : null);
}

function showPolicy() {
  const text = area("policy-text", "4", "log …\nquorum none", state.policyText);
  const file = filePicker("policy-file", (bytes) => usePolicy(bytes, utf8Leniently(bytes)));
  const keys = area("auditors-text", "2", "auditor.example+…", state.auditorsText);
  const button = make("button", { type: "button", class: "button primary", id: "use-policy" }, both("Check against it", "按此核验"));
  button.addEventListener("click", () => {
    state.auditorsText = keys.value;
    return usePolicy(text.value.trim() ? utf8.encode(text.value) : null, text.value);
  });
  return [
    make("p", { class: "small" }, both(
      "Give the trust policy that you keep (C2SP tlog-policy). It must not have come with this file.",
      "请给出您自己保存的信任策略（C2SP tlog-policy）。它不能是随本文件一起收到的。",
    )),
    make("label", { for: "policy-text" }, both("Policy text", "策略文本")), text,
    make("label", { for: "auditors-text" }, both("Keys of the auditors whom you trust, one a line", "您信任的审计者的公钥，每行一个")), keys,
    make("p", { class: "actions" }, button, make("label", { class: "button" }, both("Open a policy file", "打开策略文件"), file)),
  ];
}

// A trust note says whom to believe until when; the key under which it is believed never comes with it.
function showTrustNote(work) {
  const key = area("trust-key", "2", "site.example/site+…", state.noteKeyText);
  const file = filePicker("trust-file", (bytes) => useTrustNote(bytes, key.value));
  const button = make("button", { type: "button", class: "button", id: "use-trust" }, both("Check under the note", "按信任书核验"));
  button.addEventListener("click", () => useTrustNote(state.note, key.value));
  const until = work && work.trust.expiresMs ? new Date(work.trust.expiresMs).toISOString() : null;
  return [
    make("h3", {}, both("Or a trust note", "或用信任书")),
    make("p", { class: "small" }, both(
      "It says whom to believe and until when. The key that signs it is one that you know from elsewhere.",
      "信任书写明信任谁、到何时为止。签署它的公钥须由您从别处得知。",
    )),
    make("label", { for: "trust-key" }, both("Key that signs it", "签署信任书的公钥")), key,
    until ? badge("ok", both(`In force until ${moment(until)}`, `有效至 ${moment(until)}`)) : null,
    make("p", { class: "actions" }, make("label", { class: "button" }, both("Open a trust note", "打开信任书"), file), state.note === null ? null : button),
  ];
}

function showFingerprint(fingerprint) {
  const groups = fingerprint.slice("key:".length).match(/.{1,8}/g);
  return make("div", {},
    make("h3", {}, both("Fingerprint of the log's key", "日志密钥的指纹")),
    make("p", { class: "fingerprint", id: "fingerprint", "data-fingerprint": fingerprint }, ...groups.map((group) => make("span", {}, group))),
    make("p", { class: "dim small" }, both("Compare it with what the sender published elsewhere.", "请与发送方在别处公布的指纹核对。")));
}

function showPaper() {
  const line = area("printed-text", "2", "xuemai:consignment:…", state.printedText);
  const button = make("button", { type: "button", class: "button", id: "use-printed" }, both("Compare with the paper", "与纸质单核对"));
  button.addEventListener("click", () => {
    state.printedText = line.value;
    return check();
  });
  return make("section", { class: "card compare", "aria-labelledby": "paper" },
    make("h2", { id: "paper" }, both("The printed dispatch note", "纸质发血单")),
    make("p", { class: "small" }, both(
      "The line below the note's QR code, or what the code says: number, log, size and root.",
      "发血单二维码下方的那一行，或扫码所得：单号、日志、大小和根。",
    )),
    make("label", { for: "printed-text" }, both("Line on the paper", "纸上的那一行")), line,
    make("p", { class: "actions" }, button));
}

function showOwnership() {
  const open = filePicker("passport-file", openPassport);
  const save = make("button", { type: "button", class: "button", id: "save" }, both("Save as JSON", "另存为 JSON"));
  save.addEventListener("click", savePassport);
  return make("section", { class: "card compare", "aria-labelledby": "ownership" },
    make("h2", { id: "ownership" }, both("Whose verifier this is", "这是谁的核验程序")),
    make("p", { class: "small" }, both(
      "A page that came with a passport was made by its sender, the checking included. To decide for yourself, open the passport in a verifier that you keep: a page of your own, or xuemai passport verify.",
      "随凭证一起收到的页面由发送方制作，核验程序也是。要自行判断，请在您自己保存的核验页中打开凭证，或运行命令 xuemai passport verify。",
    )),
    make("p", { class: "actions" },
      make("label", { class: "button" }, both("Open another passport", "打开另一份凭证"), open), state.bytes ? save : null));
}

function area(id, rows, placeholder, value) {
  const made = make("textarea", { id, class: "mono", rows, spellcheck: "false", placeholder });
  made.value = value;
  return made;
}

function filePicker(id, use) {
  const input = make("input", { type: "file", id, class: "hidden-visually" });
  input.addEventListener("change", () => {
    const file = input.files[0];
    if (file) file.arrayBuffer().then((buffer) => use(new Uint8Array(buffer)));
  });
  return input;
}

function utf8Leniently(bytes) {
  return new TextDecoder().decode(bytes);
}

function usePolicy(bytes, text) {
  state.policy = bytes;
  state.policyText = text;
  state.note = null;
  return check();
}

function useTrustNote(bytes, keyText) {
  Object.assign(state, { note: bytes, noteKeyText: keyText, policy: null, policyText: "", auditorsText: "" });
  return check();
}

// A passport as JSON, or a page of this kind, of which only the passport is taken.
function openPassport(bytes) {
  const isPage = binaryOf(bytes.subarray(0, 15)).toLowerCase() === "<!doctype html>";
  const found = isPage ? CARRIED.exec(binaryOf(bytes)) : null;
  state.bytes = found ? bytesOf(atob(found[1])) : bytes;
  return check();
}

function savePassport() {
  const address = URL.createObjectURL(new Blob([state.bytes], { type: "application/json" }));
  make("a", { href: address, download: "passport.json" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
