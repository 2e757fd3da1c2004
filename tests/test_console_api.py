"""What a console may ask of a hub: under an opening of its own, within its scope, and of people whom it has found.

Whatever else comes is refused in both languages, and breaks nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from hub_staff import token_of
from hubs import Answer, RunningHub, hub_settings, running_hub

from kiosk.devices import clock
from kiosk.hub.web import console_api
from kiosk.lake.duck import DuckEngine
from kiosk.lake.tables import COLUMNS, PEOPLE, STAYS, day_of
from kiosk.lake.writing import LakeWriter
from kiosk.rules import tracing_wire as wire
from kiosk.rules.contacts import Question
from kiosk.rules.hub_users import HubRole
from kiosk.rules.openings import Request, Search
from kiosk.rules.tracing import By, Index, Scope, TooManyError, nobody
from kiosk.store.hub_users import Use
from kiosk.tracing import remote
from kiosk.tracing.remote import AT_ONCE

pytest.importorskip("duckdb", reason="DuckDB is not here: it comes with kiosk[hub]")

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
KEY, WHO = bytes(8), bytes(16)
TIMES = ("came_ms", "surely_came_ms", "surely_went_ms", "went_ms")
WHATS = ("keys", "late", "same", "stays", "count", "met", "later", "people", "export", "end")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


class Console:
    """Somebody's console."""

    def __init__(self, hub: RunningHub, name: str, role: HubRole = HubRole.TRACER, use: Use = Use.CONSOLE) -> None:
        self.hub = hub
        self.token = token_of(hub, role, use, name=name)
        self.now_ms = clock.now().wall_ms
        scope = Scope(self.now_ms - 3 * DAY_MS, self.now_ms, By.SITE, frozenset({"A"}))
        self.request = Request("BN-17", "điều tra", Search.NUMBER, scope, Question(900_000, 0, 1))

    def ask(self, path: str, said: object) -> Answer:
        return self.hub.ask(f"/console/openings{path}", said, Authorization=f"Bearer {self.token}")

    def open(self, **changed: Any) -> int:
        answer = self.ask("", {"request": wire.request_out(replace(self.request, **changed))})
        assert answer.status == 200, answer.said
        return int(answer.said["opening"]["id"])

    def said(self, **changed: Any) -> dict[str, Any]:
        """What each question takes, about *scope* and *question*."""
        request = self.request
        longest_ms = round(self.hub.house.settings.hub.longest_stay_h * 3_600_000)
        question = replace(changed.get("question", request.question), longest_ms=longest_ms)
        asked = wire.asked_out({KEY: frozenset({WHO})})
        return {
            "scope": wire.scope_out(changed.get("scope", request.scope)),
            "question": wire.question_out(question),
            "index": wire.index_out(Index((), {})),
            "asked": asked,
            "contacts": [],
            "selves": {},
        }


@pytest.fixture(scope="module")
def lan(hub: RunningHub) -> Console:
    return Console(hub, "Lan")


@pytest.mark.parametrize("what", ["keys", "late", "same", "stays", "count", "met", "later"])
def test_what_is_within_the_scope_is_answered_and_counted(lan: Console, what: str) -> None:
    number = lan.open()
    answer = lan.ask(f"/{number}/{what}", lan.said())
    assert (answer.status, list(answer.said)) == (200, [what])
    assert [act for _, act, _ in lan.hub.house.openings.acts(number)] == [what]


@pytest.mark.parametrize("what", ["keys", "late", "stays", "count", "met", "later"])
@pytest.mark.parametrize(
    "beyond",
    [
        {"sites": frozenset()},
        {"sites": frozenset("AB")},
        {"by": By.ZONE},
        {"from_ms": 0},
        {"until_ms": 1 << 52},
    ],
)
def test_what_is_beyond_the_scope_is_refused(lan: Console, what: str, beyond: dict[str, Any]) -> None:
    number = lan.open()
    said = lan.said(scope=replace(lan.request.scope, **beyond))
    answer = lan.ask(f"/{number}/{what}", said)
    assert (answer.status, answer.said["error"]["detail"]) == (403, "beyond")
    assert lan.hub.house.openings.acts(number) == []


@pytest.mark.parametrize("what", ["count", "met", "later"])
def test_shorter_minutes_than_were_opened_are_refused(lan: Console, what: str) -> None:
    number = lan.open()
    said = lan.said(question=replace(lan.request.question, least_ms=60_000))
    assert lan.ask(f"/{number}/{what}", said).said["error"]["detail"] == "beyond"


def test_more_people_than_anybody_can_use_are_refused_and_do_not_count_as_found(
    lan: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    came_ms, went_ms = lan.now_ms - 2 * HOUR_MS, lan.now_ms - HOUR_MS
    rows = [
        dict.fromkeys(COLUMNS[STAYS], "")
        | dict(zip(TIMES, (came_ms, came_ms, went_ms, went_ms), strict=True))
        | {"site": "A", "zone": ".", "key_id": KEY, "who": bytes([who]) * 16}
        | {"inferred": False, "sure": True, "sequence": who}
        for who in (1, 2, 3)
    ]
    lake = lan.hub.house.folder / console_api.LAKE
    with closing(LakeWriter(lake, "other")) as writer:
        for table in (STAYS, PEOPLE):
            writer.write_rows(table, day_of(came_ms), rows)
    number, there, third = lan.open(), nobody("A", "", came_ms, went_ms), (KEY, bytes([3]) * 16)
    said = lan.said() | {"index": wire.index_out(there), "contacts": wire.since_out({third: came_ms})}
    people = {"asked": wire.asked_out({KEY: frozenset({bytes([1]) * 16})})}
    for what, found in (("later", 2), ("met", 3)):
        with closing(DuckEngine(lake, most=found - 1)) as engine, monkeypatch.context() as patch:
            patch.setattr(console_api, "engine", lambda: engine)
            refused = lan.ask(f"/{number}/{what}", said)
            assert (refused.status, refused.said["error"]["detail"].split(",")[0][-1]) == (413, str(found))
            assert lan.ask(f"/{number}/people", people).status == 403
    assert len(wire.pairs_in(lan.ask(f"/{number}/later", said).said["later"])) == 2
    assert len(lan.ask(f"/{number}/met", said).said["met"]) == 3
    asked = remote.RemoteEngine(lambda path, said: lan.ask(path.removeprefix(remote.OPENINGS), said).said, number)
    monkeypatch.setattr(remote, "MOST_MET", 1)  # of what all pieces of the question find
    with pytest.raises(TooManyError, match="of 2, more than the 1"):
        asked.met_later({third: came_ms}, {}, lan.request.scope, wire.question_in(said["question"]))


def test_an_identity_of_somebody_who_was_not_found_is_not_handed_out(lan: Console) -> None:
    number = lan.open()
    answer = lan.ask(f"/{number}/people", lan.said())
    assert (answer.status, answer.said["error"]["detail"]) == (403, "not_found")
    assert answer.said["error"]["vi"]


@pytest.mark.parametrize("what", WHATS)
def test_somebody_elses_opening_and_one_that_has_ended_answer_nothing(hub: RunningHub, lan: Console, what: str) -> None:
    number = lan.open()
    minh = Console(hub, "Minh")
    said = {**lan.said(), "format": "csv", "rows": 1, "sha256": "00" * 32, "found": 0, "named": 0, "present": 0}
    assert minh.ask(f"/{number}/{what}", said).said["error"]["detail"] == "not_yours"
    assert lan.ask(f"/{number}/end", said).status == 200
    if what != "export":  # a file of the answer may be made later
        assert lan.ask(f"/{number}/{what}", said).status == 410
    assert lan.ask(f"/{number + 1_000_000}/{what}", said).status == 404


@pytest.mark.parametrize("what", WHATS)
def test_whoever_is_no_tracer_at_a_console_is_refused(hub: RunningHub, lan: Console, what: str) -> None:
    number = lan.open()
    said = lan.said()
    assert hub.ask(f"/console/openings/{number}/{what}", said).status == 401
    for name, role, use in (
        ("An", HubRole.ADMIN, Use.CONSOLE),
        ("Tú", HubRole.AUDITOR, Use.CONSOLE),
        ("Mai", HubRole.TRACER, Use.PAGES),
    ):
        assert Console(hub, name, role, use).ask(f"/{number}/{what}", said).status in (401, 403)


@pytest.mark.parametrize(
    "said",
    [[], {}, "x", 7, None, {"scope": [1]}, {"scope": {"from_ms": "1"}}, {"asked": {"zz": "00"}}, {"asked": {"00": 1}}],
)
@pytest.mark.parametrize("what", ["keys", "same", "stays", "count", "met", "later", "people", "export"])
def test_what_cannot_be_read_is_said_to_be_so(lan: Console, what: str, said: object) -> None:
    answer = lan.ask(f"/{lan.open()}/{what}", said)
    assert answer.status in (400, 403), answer.said
    assert answer.said["error"]["en"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, json.dumps({"request": {"case": "\ud800"}}).encode()]
)
def test_bytes_that_are_no_question_break_nothing(lan: Console, content: bytes) -> None:
    with lan.hub.calling() as connection:
        headers = {"Authorization": f"Bearer {lan.token}", "Content-Type": "application/json"}
        connection.request("POST", "/console/openings", content, headers)
        answer = connection.getresponse()
        answer.read()
    assert answer.status == 400


def test_the_longest_question_that_a_console_asks_is_taken_and_an_endless_one_is_not(lan: Console) -> None:
    number = lan.open()
    many = {count.to_bytes(8, "big"): frozenset({count.to_bytes(16, "big")}) for count in range(AT_ONCE)}
    assert lan.ask(f"/{number}/same", {"asked": wire.asked_out(many)}).status == 200
    said = lan.said() | {"contacts": wire.since_out({(KEY, who): 1 << 52 for some in many.values() for who in some})}
    assert lan.ask(f"/{number}/later", said).status == 200
    with lan.hub.calling() as connection:
        connection.putrequest("POST", f"/console/openings/{number}/same")
        for name, value in (("Authorization", f"Bearer {lan.token}"), ("Content-Length", str(1 << 40))):
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        answer.read()
    assert answer.status == 413


def test_nothing_is_opened_without_a_case_and_a_reason(lan: Console) -> None:
    before = len(lan.hub.house.openings.newest())
    for changed in ({"case_number": " "}, {"reason": "\u200b"}):
        request = replace(lan.request, **changed)  # type: ignore[arg-type]
        answer = lan.ask("", {"request": wire.request_out(request)})
        assert answer.status == 403
    assert len(lan.hub.house.openings.newest()) == before


def test_the_longest_stay_is_the_hubs_own_whatever_a_console_says(lan: Console) -> None:
    number = lan.open(question=Question(900_000, 0, 1 << 50))
    opening = lan.hub.house.openings.look(number)
    assert opening
    assert opening.request.question.longest_ms == round(hub_settings().hub.longest_stay_h * 3_600_000)
