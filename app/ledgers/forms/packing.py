"""The package of a form: how large it is inside, and which of its parts a filled copy would lose or carry along unseen."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from app.errors import Refusal
from app.i18n import N_, _
from app.ledgers.forms import spans
from app.ledgers.forms.spans import Unsound

#: A form has some pages of cells; a part larger than this is no form.
MOST_PART, MOST_RELATIONS = 20 * 1024 * 1024, 5_000
TYPES = "[Content_Types].xml"
_ENCODING = re.compile(rb"^(?:\xef\xbb\xbf)?<\?xml[^>]*encoding\s*=\s*[\"']([\w-]+)")

#: Parts by the beginning of their names → what they are, where a filled copy would lose them or carry something along unseen.
_REFUSED = {
    "xl/vbaProject": N_("宏"), "xl/macrosheets/": N_("宏表"), "xl/externalLinks/": N_("到其他工作簿的链接"),
    "xl/connections.xml": N_("外部数据连接"), "xl/queryTables/": N_("外部数据查询"), "xl/pivotTables/": N_("数据透视表"),
    "xl/pivotCache/": N_("数据透视表"), "xl/embeddings/": N_("嵌入的文件"), "xl/activeX/": N_("控件"), "xl/ctrlProps/": N_("控件"),
    "_xmlsignatures/": N_("数字签名"), "xl/dialogsheets/": N_("对话框"), "xl/slicers/": N_("切片器"), "xl/model/": N_("数据模型"),
    "customUI/": N_("自定义功能区"), "xl/webextensions/": N_("网页加载项"), "xl/revisions/": N_("共享工作簿的修订"),
}  # fmt: skip


def weigh(archive: zipfile.ZipFile, path: Path) -> None:
    """Nothing that is read as a whole is larger than a form can be."""
    for info in archive.infolist():
        if info.filename.endswith((".xml", ".rels", ".vml")) and info.file_size > MOST_PART:
            raise Refusal(
                "form_too_large", N_("{name} 里的 {part} 展开后有 {size} MB, 不像一张表。请只留版式, 删去数据后再用。"),
                name=path.name, part=info.filename, size=info.file_size >> 20,
            )  # fmt: skip


def faults(archive: zipfile.ZipFile) -> Iterator[str]:
    """What lies in the package and must not, in words."""
    names = archive.namelist()
    if len(set(names)) != len(names):
        raise Unsound("two parts of one name")
    told = {what for start, what in _REFUSED.items() for name in names if name.startswith(start)}
    if b"macroEnabled" in xml(archive, TYPES):
        told.add(N_("宏"))
    if any(_outside(archive, name) for name in names if name.endswith(".rels")):
        told.add(N_("到其他工作簿的链接"))
    for what in sorted(told):
        yield _("里面有{what}, 填写时会丢失或不安全。请在 Excel 中去掉, 另存为 .xlsx。").format(what=_(what))


def xml(archive: zipfile.ZipFile, name: str) -> bytes:
    """The part as UTF-8."""
    data = archive.read(name)
    found = _ENCODING.match(data)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or (found and found[1].lower() not in (b"utf-8", b"us-ascii")):
        raise Unsound("another encoding")
    return data


def _outside(archive: zipfile.ZipFile, name: str) -> bool:
    """Something of the workbook lies elsewhere; a link that a person may follow does not count."""
    return any(
        one.attrs.get("TargetMode") == "External" and not one.attrs.get("Type", "").endswith("/hyperlink")
        for one in spans.tree(xml(archive, name), {"Relationship"}, MOST_RELATIONS).children
    )
