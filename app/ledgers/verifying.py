"""验证: whether a printed ledger is genuine, whether it was altered, and whether anything has come since; by file, code or photo."""

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path

from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_, _, joined
from app.ledgers import corrections, editions, pdf
from app.ledgers.forms import keeping
from app.ledgers.marks import marks_of
from app.ledgers.page import Page
from app.ledgers.preview import Preview
from app.models.editions import Edition
from app.services.imports import workbook
from app.services.typed_codes import letters, plain, readings

#: Whether this site signed this message; None when its key is not known here.
Vouched = Callable[[Session, uuid.UUID, bytes, bytes], bool | None]

GENUINE, RESAVED, ALTERED, FORGED, UNKNOWN = "genuine", "resaved", "altered", "forged", "unknown"

_TYPED = re.compile(r"([0-9A-Z\u4e00-\u9fff._/-]+-L[0-9OI]{4,})[:,/-]*([A-Z0-7]{4})-?([A-Z0-7]{4})")
_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif"})
#: More pages of a scanned PDF are not searched for a code.
_MOST_PAGES = 20
_MOST_PICTURE = 64 * 1024 * 1024
_MOST_PIXELS = 80_000_000
#: Sheets of a scan are drawn so fine, huge ones so coarse that they have no more pixels than this.
_DPI, _MOST_DRAWN = 200, 20_000_000
#: More altered places are not listed.
_MOST_FAULTS = 50


@dataclass(frozen=True)
class Claim:
    """What a file or a code says of itself; `mark` is the whole hash in hex, or its first eight letters when typed."""

    number: str
    mark: str
    site: uuid.UUID | None = None
    signature: bytes = b""


@dataclass(frozen=True)
class Verdict:
    """What was found: `state` of the paper, and whether it is current.

    `signed` is None when the key is not known here. `altered` names places that differ from what was printed; `compared`
    says that a file was held against what was kept, not only its code. `replaced_by`, `corrections` and `changed` tell what
    came after it, `since` says it line by line.
    """

    state: str
    number: str
    title: str = ""
    unit: str = ""
    period: str = ""
    day: str = ""
    by: str = ""
    signed: bool | None = None
    altered: tuple[str, ...] = ()
    replaced_by: str = ""
    corrections: tuple[str, ...] = ()
    changed: int | None = None
    since: tuple[str, ...] = ()
    about: str = ""
    compared: bool = False
    edition: uuid.UUID | None = field(default=None, repr=False)

    @property
    def current(self) -> bool:
        """Nothing has taken its place and nothing has been corrected or changed since."""
        return not (self.replaced_by or self.corrections or self.changed)

    def sentences(self) -> list[str]:
        """The finding in plain words, the most important first."""
        facts = {"number": self.number, "title": self.title, "unit": self.unit, "period": self.period, "day": self.day}
        words = {
            GENUINE: _("是真的：与 {day} 印发的《{title}》（{unit}，{period}，编号 {number}）逐字一致。"),
            RESAVED: _(
                "内容是真的，但文件被另存过：文字与 {day} 印发的《{title}》（{unit}，{period}，编号 {number}）一致，"
                "图章和批注没有核对。"
            ),
            ALTERED: _("内容被改动过：与 {day} 印发的《{title}》（{unit}，{period}，编号 {number}）不一致。"),
            FORGED: _("不是真的：编号 {number} 的核对码或签名对不上。请保留这份文件，并联系印发单位。"),
            UNKNOWN: _("本机没有编号 {number} 的存底，只核对了签名。请到印发单位或总部再验证一次。"),
        }
        known = _(
            "编号和核对码对得上：是 {day} 印发的《{title}》（{unit}，{period}，编号 {number}）。"
            "纸上的字请与「已印发」里的那一份对照。"
        )
        first = known if self.state == GENUINE and not self.compared else words[self.state]
        said = [first.format(**facts)]
        if self.state != FORGED:
            said.append(_(_SIGNED[self.signed]))
        said += [_("改动之处：{place}").format(place=place) for place in self.altered]
        if self.about:
            said.append(_("这是对 {number} 的更正页。").format(number=self.about))
        if self.replaced_by:
            said.append(_("这一份已由 {number} 代替。").format(number=self.replaced_by))
        if self.corrections:
            said.append(_("之后出过更正页：{numbers}。").format(numbers=joined(self.corrections)))
        if self.changed:
            said.append(_("此外还有 {n} 处变动没有出更正页。").format(n=self.changed))
        if self.since:
            said.append(_("印发以后的变动（最多列 {n} 条）：").format(n=_MOST_FAULTS))
            said += self.since
        elif self.changed == 0 and self.current:
            said.append(_("印发以后没有变动。"))
        return said


_SIGNED = {
    True: N_("签名有效。"),
    False: N_("签名无效。"),
    None: N_("本机没有印发单位的证书，签名没有核对。"),
}

#: Makes the ledger of an edition anew from today's data; None where that cannot be done here.
Anew = Callable[[Session, Edition], Page | None]


def of_file(s: Session, path: Path, vouched: Vouched, anew: Anew | None = None) -> Verdict:
    """The verdict on a PDF, a workbook, or a photo or scan of the paper; refused when nothing in it names an edition."""
    if path.suffix.lower() in _PICTURES:
        return of_code(s, scanned(path), vouched, anew)
    marks = marks_of(path)
    if not marks.get("Edition"):
        return of_code(s, _from_pages(path), vouched, anew)
    claim = _of_marks(marks, path)
    made = _known(s, claim)
    verdict = _judged(s, claim, made, vouched, anew)
    if made is None or verdict.state == FORGED:
        return verdict
    page = editions.printed(s, made)
    state, altered = _compared(path, page, *keeping.of_edition(s, made))
    return _with(verdict, state=state, altered=altered)


def of_code(s: Session, text: str, vouched: Vouched, anew: Anew | None = None) -> Verdict:
    """The verdict on the code of a paper as scanned, or on its number and check letters as typed."""
    claim = _meant(s, read_code(text))
    return _judged(s, claim, _known(s, claim), vouched, anew)


def read_code(text: str) -> Claim:
    """What the code says, however it was typed; the letters of a hash have no 0 and no 1. Refused when it is none of ours."""
    text = plain(text).upper()
    parts = text.split(":")
    try:
        if len(parts) == 5 and parts[0] == editions.CODE:
            mark, site = editions.bytes_of(parts[2]), editions.bytes_of(parts[3])
            signature = b"" if parts[4] == "-" else editions.bytes_of(parts[4])
            if len(mark) == 32 and len(site) == 16:
                return Claim(parts[1], mark.hex(), uuid.UUID(bytes=site), signature)
    except ValueError as error:
        raise _no_code() from error
    if (typed := _TYPED.fullmatch(text)) is not None:
        return Claim(typed[1], letters(typed[2] + typed[3]))
    raise _no_code()


def scanned(path: Path) -> str:
    """The code on a photo or scan; refused when there is none of ours, or the picture cannot be read."""
    from PIL import Image, ImageOps

    try:
        if path.stat().st_size > _MOST_PICTURE:
            raise _bad_picture(path)
        with Image.open(path) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise _bad_picture(path)
            found = _codes(ImageOps.exif_transpose(picture).convert("L"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise _bad_picture(path) from error
    return _ours(found, path)


def _codes(picture: object) -> list[str]:
    import zxingcpp

    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.barcode_formats_from_str("QRCode"))
    return [one.text for one in found]


def _ours(found: Sequence[str], path: Path) -> str:
    code = next((text for text in found if text.startswith(editions.CODE + ":")), None)
    if code is None:
        sentence = N_("在「{file}」里没有找到枫格的二维码。请对准右上角的码再拍一张, 或改为输入编号和核对码。")
        raise Refusal("no_code_seen", sentence, file=path.name)
    return code


def _from_pages(path: Path) -> str:
    """The code on the sheets of a PDF that bears no marks: paper that was scanned."""
    if path.suffix.lower() != ".pdf":
        raise Refusal("no_marks", N_("「{file}」不是枫格印发的台账, 或标记已被删去, 无法验证。"), file=path.name)
    from PIL import Image

    with Preview(path) as preview:
        for at in range(min(len(preview), _MOST_PAGES)):
            width, height = preview.size(at)
            drawn = preview.picture(at, min(_DPI, 72 * (_MOST_DRAWN / max(width * height, 1)) ** 0.5))
            picture = Image.frombuffer("RGB", (drawn.width, drawn.height), drawn.pixels, "raw", "BGR", drawn.stride, 1)
            found = [text for text in _codes(picture.convert("L")) if text.startswith(editions.CODE + ":")]
            if found:
                return found[0]
    return _ours((), path)


def _of_marks(marks: dict[str, str], path: Path) -> Claim:
    try:
        signature = marks.get("Signature", "-")
        given = b"" if signature == "-" else editions.bytes_of(signature)
        return Claim(marks["Edition"], bytes.fromhex(marks["Hash"]).hex(), uuid.UUID(hex=marks["Site"]), given)
    except (KeyError, ValueError) as error:
        raise Refusal("marks_damaged", N_("「{file}」里的标记不完整或被改动过, 无法验证。"), file=path.name) from error


def _known(s: Session, claim: Claim) -> Edition | None:
    try:
        return editions.found(s, claim.number)
    except Refusal:
        return None


def _meant(s: Session, claim: Claim) -> Claim:
    """What was typed, with the one number that looks the same on paper and is that of an edition with these letters."""
    if claim.site is not None:
        return claim
    alike = editions.among(s, readings(claim.number))
    fits = [made.number for made in alike if _letters(made) == claim.mark]
    return replace(claim, number=fits[0]) if len(fits) == 1 else claim


def _letters(made: Edition) -> str:
    return editions.check(made.hash).replace("-", "")


def _judged(s: Session, claim: Claim, made: Edition | None, vouched: Vouched, anew: Anew | None) -> Verdict:
    if made is not None and claim.site is None:
        claim = _filled(claim, made)
    signed = None
    if claim.signature and claim.site is not None:
        signed = vouched(s, claim.site, editions.message(claim.number, claim.mark, claim.site), claim.signature)
    if signed is False:
        return Verdict(FORGED, claim.number, signed=False)
    if made is None:
        if signed is None:
            sentence = N_("本机没有编号 {number} 的台账, 也没有印发单位的证书, 不能判断真假。请到印发单位或总部验证。")
            raise Refusal("edition_unknown", sentence, number=claim.number)
        return Verdict(UNKNOWN, claim.number, signed=signed)
    whole = made.hash if len(claim.mark) == 64 else _letters(made)
    if claim.mark != whole:
        return Verdict(FORGED, claim.number, signed=signed)
    told = next(row for row in editions.rows(s, only=made.id))
    now = anew(s, made) if anew is not None and made.kind == editions.WHOLE and not told.replaced_by else None
    return Verdict(
        GENUINE, made.number, made.title, made.unit, told.period.title, made.day.isoformat(), made.by, signed,
        replaced_by=told.replaced_by, corrections=told.corrections, about=told.about if made.kind == editions.CORRECTION else "",
        changed=None if now is None else len(corrections.pending(s, made, now)), edition=made.id,
        since=() if now is None else _since(s, made, now),
    )  # fmt: skip


def _filled(claim: Claim, made: Edition) -> Claim:
    """What was typed, with the rest of what the paper says, where the letters are those of the edition."""
    if claim.mark != _letters(made) or made.site is None or made.signature is None:
        return claim
    return Claim(made.number, made.hash, made.site, editions.bytes_of(made.signature))


def _since(s: Session, made: Edition, now: Page) -> tuple[str, ...]:
    return tuple(corrections.sentences(s, made, corrections.since(s, made, now))[:_MOST_FAULTS])


def _with(verdict: Verdict, *, state: str, altered: tuple[str, ...]) -> Verdict:
    return replace(verdict, state=state, altered=altered, compared=True)


def _compared(path: Path, page: Page, form: bytes | None, by: str) -> tuple[str, tuple[str, ...]]:
    """What the file holds against what was printed; a workbook as the program draws it, or in the unit's own form."""
    if path.suffix.lower() == ".pdf":
        same, faults = path.read_bytes() == pdf.document(page), _text_faults(path, page)
    else:
        drawn = BytesIO()
        keeping.draw(page, drawn, form, by)
        same, faults = path.read_bytes() == drawn.getvalue(), _cell_faults(path, drawn.getvalue())
    if same:
        return GENUINE, ()
    return (ALTERED, tuple(faults[:_MOST_FAULTS])) if faults else (RESAVED, ())


def _text_faults(path: Path, page: Page) -> list[str]:
    with Preview(path) as given, Preview(pdf.document(page)) as printed:
        if len(given) != len(printed):
            return [_("页数应为 {right}，文件里有 {given} 页").format(right=len(printed), given=len(given))]
        faults = []
        for at in range(len(printed)):
            right, there = printed.text(at).split(), given.text(at).split()
            if right != there:
                faults.append(_("第 {page} 页：{detail}").format(page=at + 1, detail=_first_difference(right, there)))
        return faults


def _first_difference(right: list[str], there: list[str]) -> str:
    for one, other in zip(right, there, strict=False):
        if one != other:
            return _("应为“{right}”，文件里是“{there}”").format(right=one[:40], there=other[:40])
    return _("文字多出或缺少")


def _cell_faults(path: Path, printed: bytes) -> list[str]:
    """The cells that hold something else than what was printed; formats and widths are the reader's own."""
    given, right = workbook.read(path), workbook.read_own(path.name, printed)
    faults = []
    if len(given.sheets) != len(right.sheets):
        return [
            _("工作表应为 {right} 张，文件里有 {given} 张").format(right=len(right.sheets), given=len(given.sheets))
        ]
    for there, sheet in zip(given.sheets, right.sheets, strict=True):
        for row in range(1, max(there.last_row, sheet.last_row) + 1):
            held, meant = there.rows.get(row, {}), sheet.rows.get(row, {})
            for column in sorted(held.keys() | meant.keys()):
                formulas = there.formulas.get((row, column)), sheet.formulas.get((row, column))
                computed = formulas != (None, None)  # what a formula gives is the reader's own
                if formulas[0] != formulas[1] if computed else not _same(held.get(column), meant.get(column)):
                    place = f"{workbook.column_letter(column)}{row}"
                    words = _("{place}：应为“{right}”，文件里是“{there}”")
                    right_one, other = (
                        str("" if one is None else one)[:40] for one in (meant.get(column), held.get(column))
                    )
                    faults.append(words.format(place=place, right=right_one, there=other))
            if len(faults) > _MOST_FAULTS:
                return faults
    return faults


def _same(one: object, other: object) -> bool:
    """Equal as a person reads it: another program may write a number as 1.0 and end lines otherwise."""
    if isinstance(one, str) and isinstance(other, str):
        return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) < 1e-9
    return one == other


def _no_code() -> Refusal:
    return Refusal(
        "code_unreadable", N_("看不懂这个码。请输入纸上的编号和核对码, 如 PS3-2025-S01-L0042 K3TQ-7MZP, 或扫描二维码。")
    )


def _bad_picture(path: Path) -> Refusal:
    return Refusal("picture_unreadable", N_("图片「{file}」读不出来或太大。请换一张 JPG 或 PNG 照片。"), file=path.name)
