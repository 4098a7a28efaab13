"""HTML as a tree: what is said becomes text in it, so that no device's name or words can become markup."""

from xml.etree import ElementTree as ET

Child = ET.Element | str

_ICONS = {
    "ok": '<circle cx="10" cy="10" r="8"/><path d="M6.5 10.3l2.4 2.4 4.7-5"/>',
    "warning": '<path d="M10 2.8 18 16.8H2z"/><path d="M10 8v4M10 14.4v.1"/>',
    "stop": '<path d="M6.7 2h6.6L18 6.7v6.6L13.3 18H6.7L2 13.3V6.7z"/><path d="M7.2 7.2l5.6 5.6M12.8 7.2l-5.6 5.6"/>',
    "unknown": '<rect x="2.5" y="2.5" width="15" height="15" rx="4"/>'
    '<path d="M7.8 7.6a2.3 2.3 0 1 1 3.3 2.2c-.8.4-1.1.9-1.1 1.6M10 14.2v.1"/>',
}


def element(tag: str, *children: Child, **attributes: str) -> ET.Element:
    """One element; `class_` and the like lose their underscore, other underscores become hyphens."""
    made = ET.Element(tag, {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()})
    last: ET.Element | None = None
    for child in children:
        if isinstance(child, ET.Element):
            made.append(child)
            last = child
        elif last is None:
            made.text = (made.text or "") + child
        else:
            last.tail = (last.tail or "") + child
    return made


def icon(tone: str) -> ET.Element:
    """The sign of a tone, which stands beside its word."""
    drawing = ET.fromstring(f"<svg>{_ICONS[tone]}</svg>")  # noqa: S314  our own constant
    drawing.attrib |= {"class": "icon", "viewBox": "0 0 20 20", "aria-hidden": "true", "focusable": "false"}
    return drawing


def badge(tone: str, word: str) -> ET.Element:
    """A state: colour, sign and word."""
    return element("span", icon(tone), element("span", word), class_=f"badge {tone}")


def table(heads: list[str], rows: list[list[Child]]) -> ET.Element:
    """A table; on a narrow screen each row stands for itself, with the heads beside its cells."""
    cells = [
        element("tr", *(element("td", each, data_head=head) for head, each in zip(heads, row, strict=True)))
        for row in rows
    ]
    head = element("thead", element("tr", *(element("th", name, scope="col") for name in heads)))
    return element("table", head, element("tbody", *cells))


def document(root: ET.Element) -> bytes:
    """The page's bytes."""
    markup: bytes = ET.tostring(root, encoding="utf-8", method="html")
    return b"<!doctype html>\n" + markup
