"""The papers of one issue, by name: 卷宗, 答复意见书, 调解协议书."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_, _, joined
from app.ledgers import dossier, excel, letter, mediation, pdf, replies
from app.ledgers.dossier import Dossier
from app.ledgers.gaps import Gap
from app.ledgers.letter import Letter
from app.ledgers.pdf import Written

Made = Letter | Dossier


def _nothing(_s: Session, _issue: uuid.UUID) -> tuple[Refusal, ...]:
    return ()


@dataclass(frozen=True)
class Paper:
    """One kind of paper: `make(s, issue, masked=True)` gives what stands on it, `lacking(s, issue)` what it still wants."""

    name: str
    title: str
    formats: tuple[str, ...]
    make: Callable[..., Made]
    lacking: Callable[[Session, uuid.UUID], Sequence[Refusal]] = _nothing


PAPERS = (
    Paper("reply", N_("答复意见书"), ("pdf",), replies.letter, replies.lacking),
    Paper("mediation", N_("调解协议书"), ("pdf",), mediation.letter, mediation.lacking),
    Paper("dossier", N_("事项卷宗"), ("pdf", "xlsx"), dossier.bind),
)


def named(name: str) -> Paper:
    """The paper of this name or title; an unknown one is refused with the list of those there are."""
    for paper in PAPERS:
        if name in (paper.name, paper.title, _(paper.title)):
            return paper
    known = joined(paper.name for paper in PAPERS)
    raise Refusal("paper_unknown", N_("没有名为「{name}」的文书, 可用的有: {known}。"), name=name, known=known)


def drawn(made: Made) -> tuple[bytes, Written]:
    """The paper as PDF in memory, and what came out."""
    return letter.drawn(made) if isinstance(made, Letter) else pdf.drawn(made.pages, plates=made.photos)


def write(made: Made, path: Path, kind: str) -> tuple[Gap, ...]:
    """The paper lies in the file as pdf or xlsx; gives the characters no font has, with their places."""
    if isinstance(made, Letter):
        return letter.write(made, path).gaps
    if kind == "xlsx":
        excel.write(made.pages, path)
        return ()
    return pdf.write(made.pages, path, plates=made.photos).gaps
