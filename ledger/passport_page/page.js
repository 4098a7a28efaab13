// The page at work: what it carries is verified as it opens, and again whenever a person gives whom to trust, or a file.

const CARRIED = /<script type="text\/plain" id="passport">([A-Za-z0-9+/=]*)<\/script>/;
const state = {
  bytes: null, policy: null, policyText: "", auditorsText: "", note: null, noteKeyText: "", printedText: "", result: null,
};

function carriedPassport() {
  const text = document.getElementById("passport").textContent;
  return text ? bytesOf(atob(text)) : null;
}

async function check() {
  document.documentElement.removeAttribute("data-verdict");
  try {
    state.result = await verdictOnGiven();
  } catch (error) {
    const problem = words(`the check could not be finished: ${error.message}`, `核验未能完成：${error.message}`);
    state.result = { verdict: "undecidable", steps: [], work: null, problem };
  }
  show();
}

async function verdictOnGiven() {
  const nothing = (problem) => ({ verdict: "undecidable", steps: [], work: null, problem });
  if (typeof crypto === "undefined" || !crypto.subtle) {
    return nothing(words("this browser offers no cryptography here; save the file and open it from disk", "此处浏览器不提供密码学功能；请将文件保存后从本机打开"));
  }
  if (state.bytes === null) return nothing(words("no passport is open yet; open a file below", "尚未打开凭证；请在下方打开文件"));
  let given;
  try {
    given = { trust: await trustGiven(), printed: parsePrinted(state.printedText) };
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    return { ...nothing(error.words), wrongly: { step: error.step || "", words: error.words } };
  }
  const found = await verifyPassport(state.bytes, given.trust);
  return given.printed === null ? found : heldAgainst(given.printed, found);
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
        make("div", { class: "column" }, isBelieved && !isNote ? showExposure(result) : null, showComparing(result), showPaper(), showOwnership())),
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

language = (navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en";
state.bytes = carriedPassport();
check();
