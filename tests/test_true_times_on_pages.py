"""What was asked, promised and noted under a wrong clock stands at its true time on every page, marked until it is."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from clock_story import EIGHT_MS, HOUR_MS, Story
from conftest import Site
from flask.testing import FlaskClient
from terminal import Terminal
from test_web_pages import OpenPages, pages_of, seen
from test_wrong_clocks import OpenStory, open_story

from kiosk import feedback, requests
from kiosk.requests import true_requests, urgent
from kiosk.retention import key_day
from kiosk.rules.feedback import Act as SlipAct
from kiosk.rules.requests import Act, Wish
from kiosk.store import schema
from kiosk.store.reading import DeviceState, set_device_state
from kiosk.times import Times
from kiosk.web.list_lines import list_lines

SAID = {"name": "Trần Thị Thử", "contact": "090 000 0000"}
CLOCKS = (0, 2_147_483_648_000, EIGHT_MS - 30 * HOUR_MS)

__all__ = ["open_story", "pages_of"]


def set_later(story: Story) -> None:
    """An hour later a time server is heard."""
    story.machine.run(1)
    story.machine.set()
    story.look()


def before_and_after(story: Story, pages: FlaskClient, text: Callable[[FlaskClient], str]) -> tuple[str, str]:
    before = text(pages)
    set_later(story)
    return before, text(pages)


@pytest.mark.parametrize("wall_ms", CLOCKS)
def test_feedback_is_due_48_hours_after_it_was_given_in_truth(
    open_story: OpenStory, pages_of: OpenPages, wall_ms: int
) -> None:
    story = open_story(wall_ms, demo=False)
    store, settings = story.house.store, story.house.settings
    for topic in settings.session.topics[:2]:
        feedback.give(store, settings, topic, story.machine.moment, demo=False)
    feedback.act_on(store, 2, SlipAct.PASSED, story.machine.moment)
    before, after = before_and_after(story, pages_of(Site(story.house)), lambda pages: seen(pages, "/feedback"))
    assert before.count("~") == 5  # given, due; given, passed; and what it means
    assert "08:00 21/11 → 08:00 23/11" in after
    assert "~" not in after


@pytest.mark.parametrize("wall_ms", CLOCKS)
def test_a_request_has_the_days_of_the_law_after_it_was_made_in_truth(
    open_story: OpenStory, pages_of: OpenPages, wall_ms: int
) -> None:
    story = open_story(wall_ms, demo=False)
    store, vault, settings = story.house.store, story.house.vault, story.house.settings
    for _ in range(2):
        requests.take(store, vault, settings, Wish.ERASURE, SAID, story.machine.moment)
    requests.act_on(store, 2, Act.FINISHED, story.machine.moment)
    before, after = before_and_after(story, pages_of(Site(story.house)), lambda pages: seen(pages, "/requests"))
    assert before.count("~") == 6  # asked for, answer by, done by; done; and what it means, twice
    assert "08:00 21/11/2026" in after
    assert "24/11/2026" in after and "11/12/2026" in after
    assert "~" not in after


def test_a_request_is_late_by_its_true_day_and_no_other(open_story: OpenStory) -> None:
    story = open_story(EIGHT_MS - 30 * 24 * HOUR_MS, demo=False)
    settings = story.house.settings
    requests.take(story.house.store, story.house.vault, settings, Wish.ACCESS, SAID, story.machine.moment)
    set_later(story)
    asked = [request for request, _ in true_requests(story.reader, Times(story.reader, believed=False))]
    assert urgent(asked, settings, EIGHT_MS) is None
    assert urgent(asked, settings, EIGHT_MS + 4 * 24 * HOUR_MS) is not None


def test_the_command_says_how_sure_the_day_of_a_request_is(open_story: OpenStory, tmp_path: Path) -> None:
    story = open_story(0, demo=False)
    requests.take(story.house.store, story.house.vault, story.house.settings, Wish.ACCESS, SAID, story.machine.moment)
    kiosk = Terminal(tmp_path / "data")
    assert "~1970" in kiosk("requests").stdout
    assert kiosk.lines("requests", "--json")[0]["at_sureness"] == "order only"
    set_later(story)
    (line,) = kiosk.lines("requests", "--json")
    assert (line["at"], line["at_sureness"]) == ("2026-11-21T08:00:00.000+07:00", "sure")
    assert "~" not in kiosk("requests").stdout


@pytest.mark.parametrize("wall_ms", CLOCKS)
def test_a_trouble_is_there_since_it_began_in_truth(open_story: OpenStory, pages_of: OpenPages, wall_ms: int) -> None:
    story = open_story(wall_ms, demo=False)
    story.show(1, "in")
    trouble = DeviceState("printer", ok=False, since_ms=story.machine.moment.wall_ms, note="unplugged")
    with closing(schema.connect(story.house.database)) as db:
        set_device_state(db, trouble)
    before, after = before_and_after(story, pages_of(Site(story.house)), lambda pages: seen(pages, "/trust"))
    assert "trục trặc từ ~" in before
    assert re.search(r"trục trặc từ (21/11 )?08:00 ", after)
    assert "~" not in after


def test_a_list_was_brought_when_it_was_in_truth(open_story: OpenStory, pages_of: OpenPages) -> None:
    story = open_story(0, demo=False)
    story.show(1, "in")
    draft = {"id": "d", "counts": [], "at_ms": story.machine.moment.wall_ms}
    told = {"lists": [], "drafts": [draft], "second_person": True}

    def brought(pages: FlaskClient) -> str:
        with pages.application.app_context():
            return str(list_lines(told).drafts[0]["brought"])

    before, after = before_and_after(story, pages_of(Site(story.house)), brought)
    assert (before, after) == ("~08:00 01/01", "08:00 21/11")  # Saigon had eight hours then


def test_the_hours_of_a_day_are_said_to_be_unsure_until_they_are(
    open_story: OpenStory, pages_of: OpenPages, tmp_path: Path
) -> None:
    story = open_story(EIGHT_MS - 12 * HOUR_MS, demo=False)
    story.show(1, "in")
    pages, kiosk = pages_of(Site(story.house)), Terminal(tmp_path / "data")
    day = key_day(EIGHT_MS - 12 * HOUR_MS, story.house.settings.zone, story.house.settings.vault.turn_at)

    def unsure(day: str) -> list[bool]:
        told = [seen(pages, path) for path in (f"/numbers/{day}", f"/numbers/{day}/sheet", f"/session?day={day}")]
        tables = [pages.get(f"/numbers/{table}.csv").text for table in (day, "weeks")]
        words = [kiosk("numbers", "--day", day).stdout, kiosk("session", "--day", day).stdout]
        records = [kiosk.lines("numbers", "--day", day, "--json")[0], kiosk.lines("session", "--day", day, "--json")[0]]
        return [
            *("Giờ của ngày này chưa chắc đúng" in text for text in (*told, *words)),
            *(row["sure"] == "no" for table in tables for row in csv.DictReader(io.StringIO(table))),
            *(not record["sure"] for record in records),
        ]

    assert all(unsure(day))
    set_later(story)
    assert not any(unsure("2026-11-21"))
