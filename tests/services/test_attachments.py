"""Attachments: photos and files belong to records and are seen by those who see the record."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from app.errors import Refusal
from app.models.issues import Issue
from app.services import attachments, issues, visits
from tests.factories import Plant, account


def photo(width: int = 2400) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, 1200), "navy").save(out, "JPEG")
    return out.getvalue()


def test_a_photo_is_shrunk_and_belongs_to_its_record(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        visit = visits.record(s, plant.visit())
        made = attachments.attach(s, "visit", visit.id, photo(), "门口.jpg")
    assert (made.name, made.media, made.width, made.here) == ("门口.jpg", "image/jpeg", 1600, True)
    with plant.store.read(plant.boss) as s:
        assert attachments.of(s, visit.id) == [made]
        assert len(attachments.read(s, made.id)) == made.size
        small = attachments.thumbnail(s, made.id)
        assert small is not None and Image.open(BytesIO(small)).width == attachments.THUMBNAIL


def test_what_was_taken_for_a_draft_is_attached_once(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        taken = attachments.take(s, photo())
        first, second = visits.record(s, plant.visit()), visits.record(s, plant.visit())
        attachments.attach(s, "visit", first.id, taken.id)
    with pytest.raises(Refusal) as refused, plant.store.begin(plant.boss) as s:
        attachments.attach(s, "visit", second.id, taken.id)
    assert refused.value.code == "attached_already"
    with plant.store.read(plant.boss) as s:
        assert [row.id for row in attachments.of(s, first.id)] == [taken.id] and attachments.of(s, second.id) == []


def test_what_somebody_else_took_is_not_to_be_had(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        taken = attachments.take(s, photo())
    with pytest.raises(Refusal), plant.store.read(account(plant, "zhao", "lead")) as s:
        attachments.read(s, taken.id)


def test_a_document_is_kept_as_it_is_and_strange_files_are_refused(plant: Plant, tmp_path: Path) -> None:
    paper, program = tmp_path / "答复.pdf", tmp_path / "setup.exe"
    paper.write_bytes(b"%PDF-1.7 text")
    program.write_bytes(b"MZ")
    with plant.store.begin(plant.boss) as s:
        visit = visits.record(s, plant.visit())
        made = attachments.attach(s, "visit", visit.id, paper)
        assert made.media == "application/pdf" and attachments.read(s, made.id) == b"%PDF-1.7 text"
        assert attachments.thumbnail(s, made.id) is None
        with pytest.raises(Refusal):
            attachments.take(s, program)
        with pytest.raises(Refusal):
            attachments.take(s, tmp_path / "没有.pdf")


def test_evidence_of_an_accusation_is_sealed_like_the_accusation(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        issue = issues.register(s, Issue(title="多报加班", kind="accusation", anonymous=True, grid_id=plant.first))
        made = attachments.attach(s, "issue", issue.id, photo())
    lead = account(plant, "zhao", "lead")
    for read in (lambda s: attachments.of(s, issue.id), lambda s: attachments.read(s, made.id)):
        with pytest.raises(Refusal), plant.store.read(lead) as s:
            read(s)


def test_a_voided_attachment_leaves_the_record_with_a_reason(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        visit = visits.record(s, plant.visit())
        made = attachments.attach(s, "visit", visit.id, photo())
        with pytest.raises(Refusal):
            attachments.void(s, made.id, " ")
        attachments.void(s, made.id, "拍到了证件")
        assert attachments.of(s, visit.id) == []
