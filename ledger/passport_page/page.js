// The page at work: what it carries is verified as it opens, and again whenever a person gives a policy or a file.

const CARRIED = /<script type="text\/plain" id="passport">([A-Za-z0-9+/=]*)<\/script>/;
const state = { bytes: null, policy: null, policyText: "", auditorsText: "", result: null };

function carriedPassport() {
  const text = document.getElementById("passport").textContent;
  return text ? bytesOf(atob(text)) : null;
}

async function check() {
  document.documentElement.removeAttribute("data-verdict");
  try {
    state.result = await verdictOn(state.bytes, state.policy, state.auditorsText);
  } catch (error) {
    const problem = words(`the check could not be finished: ${error.message}`, `核验未能完成：${error.message}`);
    state.result = { verdict: "undecidable", steps: [], work: null, problem };
  }
  show();
}

async function verdictOn(bytes, policy, auditorsText) {
  const nothing = (problem) => ({ verdict: "undecidable", steps: [], work: null, problem });
  if (typeof crypto === "undefined" || !crypto.subtle) {
    return nothing(words("this browser offers no cryptography here; save the file and open it from disk", "此处浏览器不提供密码学功能；请将文件保存后从本机打开"));
  }
  if (bytes === null) return nothing(words("no passport is open yet; open a file below", "尚未打开凭证；请在下方打开文件"));
  let auditors;
  try {
    auditors = await parseAuditors(auditorsText);
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    return { ...nothing(error.words), policyError: error.words };
  }
  return verifyPassport(bytes, policy, auditors);
}

function show() {
  const { result } = state;
  const root = document.documentElement;
  const isBelieved = result.verdict === "valid" || result.verdict === "warnings";
  const failed = result.steps.find((step) => step.status === "failed");
  const isNote = Boolean(result.units && result.units.length) && !isUnit(result.work.passport.subject);
  root.lang = both("en", "zh-CN");
  document.title = both("Provenance passport · Xuemai", "溯源凭证 · 血脉");
  document.getElementById("main").replaceWith(
    make("main", { id: "main", class: "page" },
      showVerdict(result),
      isNote ? showNote(result) : isBelieved ? showUnit(result) : showClaim(result),
      isNote ? showBags(result) : null,
      make("div", { class: "two" },
        make("div", { class: "column" }, showSteps(result)),
        make("div", { class: "column" }, isBelieved && !isNote ? showExposure(result) : null, showComparing(result), showOwnership())),
      isBelieved ? showEvents(result) : null),
  );
  showTop();
  root.setAttribute("data-failed-step", failed ? failed.step : "");
  root.setAttribute("data-verdict", result.verdict);
}

function showTop() {
  const print = make("button", { type: "button", class: "plain" }, both("Print", "打印"));
  print.addEventListener("click", () => window.print());
  const other = make("button", { type: "button", class: "plain", id: "language", lang: both("zh-CN", "en") }, both("中文", "English"));
  other.addEventListener("click", () => {
    language = both("zh", "en");
    show();
  });
  document.getElementById("what").textContent = both("Provenance passport", "溯源凭证");
  document.getElementById("controls").replaceChildren(print, other);
}

function showClaim({ work }) {
  if (!work || !work.passport) return null;
  const about = both("It claims to be about ", "它自称的对象是 ");
  return make("p", { class: "card dim" }, about, make("span", { class: "mono" }, work.passport.subject));
}

// ── what a person brings: a policy, another passport ────────────────────────────────────────────────────────────────

function showComparing({ work, policyError }) {
  const text = make("textarea", { id: "policy-text", class: "mono", rows: "4", spellcheck: "false", placeholder: "log …\nquorum none" });
  text.value = state.policyText;
  const file = make("input", { type: "file", id: "policy-file", class: "hidden-visually" });
  file.addEventListener("change", () => readFile(file, (bytes) => usePolicy(bytes, utf8Leniently(bytes))));
  const keys = make("textarea", { id: "auditors-text", class: "mono", rows: "2", spellcheck: "false", placeholder: "auditor.example+…" });
  keys.value = state.auditorsText;
  const button = make("button", { type: "button", class: "button primary", id: "use-policy" }, both("Check against it", "按此核验"));
  button.addEventListener("click", () => {
    state.auditorsText = keys.value;
    return usePolicy(text.value.trim() ? utf8.encode(text.value) : null, text.value);
  });
  const print = work && work.fingerprint ? showFingerprint(work.fingerprint) : null;
  return make("section", { class: "card compare", "aria-labelledby": "compare" },
    make("h2", { id: "compare" }, both("Whom you trust", "您信任谁")),
    print,
    make("p", { class: "small" }, both(
      "Give the trust policy that you keep (C2SP tlog-policy). It must not have come with this file.",
      "请给出您自己保存的信任策略（C2SP tlog-policy）。它不能是随本文件一起收到的。",
    )),
    make("label", { for: "policy-text" }, both("Policy text", "策略文本")), text,
    make("label", { for: "auditors-text" }, both("Keys of the auditors whom you trust, one a line", "您信任的审计者的公钥，每行一个")), keys,
    policyError ? badge("stop", sentence(say(policyError))) : null,
    make("p", { class: "actions" }, button, make("label", { class: "button" }, both("Open a policy file", "打开策略文件"), file)));
}

function showFingerprint(fingerprint) {
  const groups = fingerprint.slice("key:".length).match(/.{1,8}/g);
  return make("div", {},
    make("h3", {}, both("Fingerprint of the log's key", "日志密钥的指纹")),
    make("p", { class: "fingerprint", id: "fingerprint", "data-fingerprint": fingerprint }, ...groups.map((group) => make("span", {}, group))),
    make("p", { class: "dim small" }, both("Compare it with what the sender published elsewhere.", "请与发送方在别处公布的指纹核对。")));
}

function showOwnership() {
  const open = make("input", { type: "file", id: "passport-file", class: "hidden-visually" });
  open.addEventListener("change", () => readFile(open, openPassport));
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

function readFile(input, use) {
  const file = input.files[0];
  if (file) file.arrayBuffer().then((buffer) => use(new Uint8Array(buffer)));
}

function utf8Leniently(bytes) {
  return new TextDecoder().decode(bytes);
}

function usePolicy(bytes, text) {
  state.policy = bytes;
  state.policyText = text;
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

language = (navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en";
state.bytes = carriedPassport();
check();
