// What a printed dispatch note says of the log, held against a passport, as in ledger/core/printed.py.

const PRINTED_LINE = /^xuemai:(consignment:[^ ]+) ([^ ]+) (0|[1-9][0-9]{0,19}) ([A-Za-z0-9+/]{43}=)$/;

// A printed line, or null where nothing was given; spaces, tabs and line ends around it do not count.
function parsePrinted(text) {
  const line = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
  if (!line) return null;
  const found = PRINTED_LINE.exec(line);
  if (!found || !fits(found[1], SHAPES.consignment) || BigInt(found[3]) >= 1n << 64n) {
    throw malformed(`the line as printed (xuemai:consignment:NUMBER LOG SIZE ROOT), got ${clipped(line)}`, `纸质发血单上的整行（xuemai:consignment:单号 日志 大小 根），而不是 ${clipped(line)}`);
  }
  return { note: found[1], origin: found[2], size: BigInt(found[3]), root: parseBase64(found[4]) };
}

// The verification with one more step; one that is invalid, or did not come to the subject, stays as it is.
function heldAgainst(printed, found) {
  const { passport, head } = found.work;
  if (found.verdict === "invalid" || !passport || !head) return found;
  const [here, outcome] = comparePrinted(printed, passport.subject, head);
  const step = { step: "printed", status: { valid: "ok", warnings: "warning", invalid: "failed" }[here], words: outcome };
  return { ...found, verdict: worse(found.verdict, here), steps: [...found.steps, step] };
}

function comparePrinted(printed, subject, { origin, size, root }) {
  if (subject !== printed.note) {
    return ["invalid", words(`printed is ${printed.note}; the passport is about ${subject}`, `纸上是 ${printed.note}，凭证的对象是 ${subject}`)];
  }
  if (origin !== printed.origin) {
    return ["invalid", words(`printed is the log ${printed.origin}; the passport is of ${origin}`, `纸上的日志是 ${printed.origin}，凭证属于 ${origin}`)];
  }
  if (size !== printed.size) {
    return ["warnings", words(
      `printed is size ${printed.size}, the passport is of size ${size}: ask the sender for the passport as of size ${printed.size}`,
      `纸上的日志大小是 ${printed.size}，凭证是 ${size}；请向发送方索取大小为 ${printed.size} 时的凭证`,
    )];
  }
  if (!equal(root, printed.root)) {
    return ["invalid", words(`two histories of ${origin} at size ${size}: keep both, paper and file`, `${origin} 在大小 ${size} 时有两种历史：纸和文件都请留存`)];
  }
  return ["valid", words(`the checkpoint that was printed: ${origin} at size ${size}`, `与纸上的存证点相同：${origin}，大小 ${size}`)];
}
