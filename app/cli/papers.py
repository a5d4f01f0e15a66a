"""`fengge issues print NUMBER --paper NAME --out FILE`: 答复意见书, 调解协议书 or the 卷宗 of one issue."""

import argparse
from pathlib import Path
from typing import Any

from app.cli.desk import Desk
from app.errors import Refusal
from app.i18n import N_, _, joined, say


def add(actions: Any, shared: argparse.ArgumentParser) -> None:
    """The action `print` of `issues`."""
    print_ = actions.add_parser("print", parents=[shared], help=_("一件事项的文书: 答复意见书、调解协议书、卷宗"))
    print_.add_argument("number", metavar="NUMBER", help=_("事项编号"))
    print_.add_argument("--paper", metavar="reply|mediation|dossier", required=True, help=_("哪一种文书"))
    print_.add_argument("--out", metavar="FILE", help=_("存成哪个文件; 不写就只说还缺什么"))
    print_.add_argument("--unmasked", action="store_true", help=_("身份证号、电话不遮盖 (需要权限, 会留痕)"))
    print_.set_defaults(handle=run)


def run(desk: Desk) -> int:
    """The paper lies in the file; where something lacks, everything that lacks is said and nothing is written."""
    from app.cli.places import issue
    from app.ledgers import papers
    from app.ledgers.gaps import sentence

    options = desk.options
    paper = papers.named(options.paper)
    out = Path(options.out) if options.out else None
    kind = out.suffix.lstrip(".").lower() if out else ""
    if out and kind not in paper.formats:
        raise Refusal("format_needed", N_("「{title}」存成 {formats}, 请让文件名这样结尾。"), title=_(paper.title),
                      formats=joined(f".{one}" for one in paper.formats))  # fmt: skip
    with desk.store.begin(desk.actor) as s:  # naming the one who reported a sealed issue leaves a note
        found = issue(s, options.number)
        lacking = [say(refusal) for refusal in paper.lacking(s, found)]
        made = paper.make(s, found, masked=not options.unmasked) if out and not lacking else None
    for why in lacking:
        desk.say(why)
    facts = {"number": options.number, "paper": paper.name, "title": _(paper.title), "lacking": lacking}
    if out is None or made is None:
        if not lacking:
            desk.say(_("{title}可以印, 请用 --out 写明存成哪个文件。").format(title=_(paper.title)))
        desk.give(facts | {"file": None})
        return 3 if lacking else 0
    gaps = papers.write(made, out, kind)
    desk.say(_("{title}已保存: {path}").format(title=_(paper.title), path=out))
    if gaps:
        desk.say(sentence(gaps))
    desk.give(facts | {"file": str(out), "format": kind, "missing": sorted({gap.char for gap in gaps})})
    return 0
