"""The marks of an edition in a filled form, beside whatever properties the unit's own workbook has."""

from collections.abc import Mapping

from app.ledgers.forms import spans
from app.ledgers.marks import PREFIX, Marks, sound

PART, ROOT, TYPES = "docProps/custom.xml", "_rels/.rels", "[Content_Types].xml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_KIND = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_SET = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"


def marked(parts: Mapping[str, bytes], marks: Marks) -> dict[str, bytes]:
    """The parts that change so that the workbook bears these marks and no others of ours: a form may be an edition of old."""
    given = sound(marks)
    if PART in parts:
        return {PART: _replaced(parts[PART], given)}
    if not given:
        return {}
    empty = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties xmlns="{_OFFICE}/custom-properties"></Properties>'
    return {
        PART: _replaced(empty.encode(), given),
        TYPES: _added(parts[TYPES], "Types", f'<Override PartName="/{PART}" ContentType="{_KIND}"/>'),
        ROOT: _added(
            parts[ROOT], "Relationships",
            f'<Relationship Id="rFengge" Type="{_OFFICE}/relationships/custom-properties" Target="{PART}"/>',
        ),
    }  # fmt: skip


def _replaced(data: bytes, marks: Marks) -> bytes:
    root = spans.tree(data, {"Properties", "property"}, 10_000).children[0]
    ours = [one for one in root.children if one.attrs.get("name", "").startswith(PREFIX)]
    taken = [int(one.attrs.get("pid", "1")) for one in root.children]
    first = max(taken, default=1) + 1
    prefix = spans.prefix(data, root)
    made = "".join(
        f'<{prefix}property fmtid="{_SET}" pid="{first + at}" name="{PREFIX}{name}">'
        f'<vt:lpwstr xmlns:vt="{_OFFICE}/docPropsVTypes">{spans.escaped(value)}</vt:lpwstr></{prefix}property>'
        for at, (name, value) in enumerate(marks)
    )
    edits = [(one.start, one.end, b"") for one in ours]
    if data[root.inner - 2 : root.inner] == b"/>":
        opening = spans.tag(data, root, {})
        return data[: root.start] + opening + made.encode() + f"</{prefix}Properties>".encode() + data[root.end :]
    return spans.spliced(data, [*edits, (root.close, root.close, made.encode())])


def _added(data: bytes, name: str, child: str) -> bytes:
    root = spans.tree(data, {name}).children[0]
    prefix = spans.prefix(data, root)
    return spans.spliced(data, [(root.close, root.close, child.replace("<", f"<{prefix}", 1).encode())])
