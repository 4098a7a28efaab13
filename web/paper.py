"""Paper records (补录) as a table that somebody typed or exported: a row a step, the first row naming the columns.

Pure: text in, rows out, each with what is wrong about it. Columns are `kind`, `time`, `by` (the login of who acted, if
it was not who enters it) and the fields of the kinds, by their names or by the words that the forms show for them.
Several values of one field are separated by `|`. Whether a step may be recorded is for `web.actions` and the ledger.
"""

import csv
import io
from collections.abc import Callable, Mapping

from ledger.acts.late import MAX_ROWS, Row
from ledger.acts.steps import KINDS
from ledger.core.errors import FormatError
from web.forms import Filled, fields_of
from web.speech import Speech
from web.words.fields import FIELDS
from web.words.kinds import KINDS as KIND_WORDS

_COLUMNS = ("kind", "time", "by")
_DELIMITERS = ",;\t"

ReadForm = Callable[[str, Mapping[str, str]], Filled]
"""Reads one step's form as it was typed."""


def read_rows(text: str, speech: Speech, read: ReadForm) -> tuple[Row, ...]:
    """Read a table of paper records, in the order of its lines.

    Args:
        text: the table; commas, semicolons or tabs between its columns, as its first row has them.
        speech: the language of what is said is wrong, and of the words of columns and kinds.
        read: reads one step's form.

    Raises:
        FormatError: no heading with `kind` and `time`, a column that no step has, no row, or too many.
    """
    heading = text.strip().splitlines()[0] if text.strip() else ""
    delimiter = max(_DELIMITERS, key=heading.count)
    table = list(csv.reader(io.StringIO(text.strip()), delimiter=delimiter))
    columns = [_column(each.strip(), speech) for each in table[0]] if table else []
    if not {"kind", "time"} <= set(columns):
        raise FormatError(speech.say("expected a first row that names the columns, kind and time among them"))
    lines = [line for line in table[1:] if any(cell.strip() for cell in line)]
    if not 1 <= len(lines) <= MAX_ROWS:
        raise FormatError(speech.say("expected 1 to %(n)s rows", n=MAX_ROWS))
    return tuple(
        _row(number, dict(zip(columns, line, strict=False)), speech, read) for number, line in enumerate(lines, 1)
    )


def _column(said: str, speech: Speech) -> str:
    known = {name: name for name in (*_COLUMNS, *FIELDS)}
    known |= {speech.say(word): name for name, word in FIELDS.items()}
    known |= {speech.say("Step"): "kind", speech.say("By"): "by"}
    if said not in known:
        raise FormatError(speech.say("no step has a column %(column)s", column=said))
    return known[said]


def _row(number: int, cells: Mapping[str, str], speech: Speech, read: ReadForm) -> Row:
    typed = {name: cell.strip().replace("|", "\n") for name, cell in cells.items() if cell.strip()}
    kind = _kind(typed.pop("kind", ""), speech)
    by = typed.pop("by", "")
    if kind not in KINDS:
        return Row(number, kind, wrong={"kind": speech.say("There is no such step.")})
    foreign = set(typed) - {"time"} - {each.name for each in fields_of(kind)}
    wrong = {name: speech.say("This step has no such field.") for name in sorted(foreign)}
    if "time" not in typed:
        wrong["time"] = speech.say("This is needed.")
    filled = read(kind, typed)
    wrong |= filled.wrong
    if len(filled.drafts) > 1:
        wrong["unit"] = speech.say("One row is one step: name one unit.")
    if wrong:
        return Row(number, kind, time=filled.time, by=by, wrong=wrong)
    return Row(number, kind, filled.drafts[0], filled.time, by)


def _kind(said: str, speech: Speech) -> str:
    known = {speech.say(word): kind for kind, word in KIND_WORDS.items()}
    return known.get(said, said)
