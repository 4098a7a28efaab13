// Corrections: what counts no more, what stands in its place, and what is said beside both.

// What corrections struck out, and what stands in whose place: as `ledger.core.correcting` reads them, the latest first.
function correctionsOf(work) {
  if (work.corrections) return work.corrections;
  const [struck, standsFor] = [new Map(), new Map()];
  const told = work.own.filter(({ kind }) => kind === "corrected").sort((one, other) => other.fields.seq - one.fields.seq);
  for (const { fields } of told) {
    const [own, wrong] = [saidAs({ fields }), `${fields.of_stream} ${fields.of_seq}`];
    const instead = fields.instead === undefined ? null : `web ${fields.instead}`;
    if (struck.has(own)) {
      if (instead) struck.set(instead, struck.get(own));
    } else if (fields.of_stream === "web" && fields.of_seq < fields.seq) {
      struck.set(wrong, own);
      if (instead) standsFor.set(instead, wrong);
    }
  }
  work.corrections = { struck, standsFor };
  return work.corrections;
}

function saidAs({ fields }) {
  return `${fields.stream} ${fields.seq}`;
}

// What a correction says of an event, and when a late entry was written down.
function besideIt(work, event) {
  const { struck, standsFor } = correctionsOf(work);
  const [said, lines] = [saidAs(event), []];
  const numbered = (other) => other.replace(" ", " #");
  if (struck.has(said)) lines.push(both(`struck out by correction ${numbered(struck.get(said))}`, `已由更正 ${numbered(struck.get(said))} 划去`));
  if (standsFor.has(said)) lines.push(both(`stands for ${numbered(standsFor.get(said))}, which was wrong`, `取代有误的 ${numbered(standsFor.get(said))}`));
  const { entered_by: entered, recorded_at: written } = event.fields;
  if (entered && written) lines.push(both(`entered ${moment(written)}`, `补录于 ${moment(written)}`));
  return lines.map((line) => make("span", { class: "tiny dim beside" }, line));
}
