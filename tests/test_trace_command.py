"""``kiosk trace`` end to end: kiosks record people, a hub gets their logs, who holds the key finds who was there.

Everything is real: doors, logs, HTTPS, the lake, sign-in with a second factor. The hub's own files name nobody.
"""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from conftest import OpenSite, Site
from hub_staff import PASSWORD, code_of, user
from hubs import RunningHub, hub_settings, running_hub
from syncing import join_hub, round_of

from kiosk.cli import main
from kiosk.devices import clock
from kiosk.rules import invented
from kiosk.rules.hub_users import HubRole
from kiosk.rules.model import Kind
from kiosk.rules.openings import State
from kiosk.rules.tracing import By, Scope
from kiosk.vault.site_ca import CA_FILE
from kiosk.vault.tracing import DEMO_FILE, PUBLIC_FILE

pytest.importorskip("duckdb", reason="DuckDB is not here: it comes with kiosk[hub]")

DAY = "2026-11-20"
SPAN = ("--from", f"{DAY}T00:00", "--until", f"{DAY}T23:59")
Tell = Callable[..., list[dict[str, Any]]]


def number(person: int) -> str:
    return invented.person(person).person.number


def name(person: int) -> str:
    return invented.person(person).person.name


def come(site: Site, *visits: tuple[int, str, str]) -> None:
    """Each person comes, and leaves unless that is empty; a door sees one after another."""
    passed = [(at, gate, person) for person, came, went in visits for at, gate in ((came, "in"), (went, "out")) if at]
    for at, gate, person in sorted(passed):
        site.show(invented.codes(invented.person(person))[Kind.ID_CARD], gate, at)


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Runs a command line and returns its lines of JSON; *fails* with that status, and then what it complains of."""

    def run(data: Path, *words: object, fails: int = 0) -> list[dict[str, Any]]:
        capsys.readouterr()
        status = main(["--data", str(data), "trace", "--json", *map(str, words)])
        said = capsys.readouterr()
        assert status == fails, said.err
        return [json.loads(line) for line in said.out.splitlines()] + ([{"fault": said.err}] if said.err else [])

    return run


def of(lines: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    return [line for line in lines if line.get("what") == what]


def found(lines: list[dict[str, Any]], order: int = 1) -> dict[str, dict[str, Any]]:
    return {line["id_number"]: line for line in of(lines, "person") if line["order"] == order}


@dataclass
class District:
    """A hub, and kiosks that have given it their logs; they seal to one tracing team."""

    hub: RunningHub
    key: Path
    laptop: Path
    kiosks: list[Site]

    def arrive(self) -> None:
        """All that was recorded gets to the hub, and into its lake."""
        for site in self.kiosks:
            round_of(site).go()
        lake, now_ms = self.hub.house.lake, clock.now().wall_ms
        while lake.bring_up(now_ms):
            pass
        lake.write(now_ms)

    def words(self, person: str = "Lan") -> list[str]:
        """How somebody of the team signs in, with the key in hand."""
        code = code_of(self.hub, person)
        secret = self.laptop / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        ca = str(self.hub.house.folder / CA_FILE)
        way = ["--hub", self.hub.url, "--ca", ca, "--key", str(self.key)]
        return [*way, "--user", person, "--password-file", str(secret), "--code", code]

    def leaves(self) -> list[dict[str, Any]]:
        with self.hub.house.database.transaction() as db:
            said = [json.loads(leaf)[1] for (leaf,) in db.execute("SELECT said FROM leaf ORDER BY number")]
        return [one for one in said if "opening" in str(one.get("what")) or one.get("what") == "export"]


@pytest.fixture
def open_district(tmp_path: Path, open_site: OpenSite) -> Iterator[Callable[..., District]]:
    running: list[Any] = []

    def open_(*, two_people: bool = False) -> District:
        settings = hub_settings()
        settings = replace(settings, hub=replace(settings.hub, keep_days=36_500, two_people=two_people))
        hub = running_hub(tmp_path / "hub", settings)
        running.append(hub)
        at_hub = hub.__enter__()
        at_hub.server.chores.close()  # the lake is brought up here, when all has arrived
        kiosks: list[Site] = []
        for kiosk, site in (("front", "ward-1"), ("back", "ward-1"), ("market", "ward-2")):
            data = tmp_path / kiosk
            data.mkdir()
            for file in (PUBLIC_FILE, DEMO_FILE) if kiosks else ():
                shutil.copy(kiosks[0].house.data / file, data / file)
            kiosks.append(open_site(data=data, kiosk={"id": kiosk}, site={"id": site}))
            join_hub(kiosks[-1], at_hub)
        for person in ("Lan", "Minh"):
            user(at_hub, person, HubRole.TRACER)
        laptop = tmp_path / "laptop"
        laptop.mkdir()
        key = shutil.copy(kiosks[0].house.data / DEMO_FILE, laptop / "team.key")
        return District(at_hub, Path(key), laptop, kiosks)

    yield open_
    for hub in running:
        hub.__exit__(None, None, None)


@pytest.fixture
def district(open_district: Callable[..., District]) -> District:
    """Person 1 was at two sites, and met 2 and 3 at the first, 4 at the second; 5 came too late."""
    district = open_district()
    front, back, market = district.kiosks
    come(front, (1, "08:00", "09:00"), (2, "08:05", "08:50"), (3, "07:50", ""), (5, "10:00", "11:00"))
    back.show(invented.codes(invented.person(3))[Kind.ID_CARD], "out", "08:30")
    come(market, (1, "13:00", "14:00"), (4, "13:30", "14:30"), (6, "14:05", "15:00"))
    district.arrive()
    return district


CASE = ("--case", "BN-17", "--reason", "điều tra ổ dịch", "--tail", "0", *SPAN, "--by", "site")


def test_a_case_is_found_across_sites_and_gates_and_only_who_was_there_is_named(district: District, tell: Tell) -> None:
    lines = tell(district.laptop, *district.words(), *CASE, "--number", number(1))
    (count,) = of(lines, "count")
    assert (count["would_name"], count["present"]) == (3, 5)  # people, however many kiosks saw them
    people = found(lines)
    assert set(people) == {number(2), number(3), number(4)}
    assert [one["name"] for one in people.values()] == [name(2), name(3), name(4)]
    minutes = {one["id_number"]: (one["certain_minutes"], one["possible_minutes"]) for one in people.values()}
    assert minutes == {number(2): (45, 45), number(3): (30, 30), number(4): (30, 30)}


def test_by_parts_of_a_site_who_left_by_another_gate_may_have_been_there_until_then(
    district: District, tell: Tell
) -> None:
    lines = tell(district.laptop, *district.words(), *CASE[:-1], "zone", "--number", number(1))
    minutes = {one["id_number"]: (one["certain_minutes"], one["possible_minutes"]) for one in of(lines, "person")}
    assert minutes == {number(2): (45, 45), number(3): (0, 30), number(4): (30, 30)}
    assert "exit not seen" in found(lines)[number(3)]["notes"]


def test_the_opening_was_on_record_first_and_says_at_its_end_what_was_found(district: District, tell: Tell) -> None:
    tell(district.laptop, *district.words(), *CASE, "--number", number(1))
    opened, ended = district.leaves()
    assert (opened["what"], opened["case"], opened["by"]) == ("opening", "BN-17", "Lan")
    assert opened["request"]["reason"] == "điều tra ổ dịch"
    assert (ended["found"], ended["named"]) == (3, 3)
    (opening,) = district.hub.house.openings.newest()
    assert opening.state is State.ENDED


def test_nothing_of_the_hub_names_anybody(district: District, tell: Tell) -> None:
    tell(district.laptop, *district.words(), *CASE, "--number", number(1))
    secrets = [text.encode() for person in range(1, 7) for text in (name(person), number(person))]
    for file in filter(Path.is_file, district.hub.house.folder.rglob("*")):
        content = file.read_bytes()
        assert not any(secret in content for secret in secrets), file


def test_a_list_that_is_written_is_on_record_with_its_fingerprint(district: District, tell: Tell) -> None:
    out = district.laptop / "list.csv"
    tell(district.laptop, *district.words(), *CASE, "--number", number(1), "--out", out, "--format", "csv")
    export = next(leaf for leaf in district.leaves() if leaf["what"] == "export")
    assert export["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert export["rows"] == 3
    with out.open(encoding="utf-8-sig", newline="") as file:
        assert any(number(4) in cell for row in csv.reader(file) for cell in row)


def test_counting_alone_names_nobody(district: District, tell: Tell) -> None:
    lines = tell(district.laptop, *district.words(), *CASE, "--number", number(1), "--count-only")
    assert [line["what"] for line in lines] == ["count"]
    assert [act for _, act, _ in district.hub.house.openings.acts(1)].count("people") == 0


def test_who_met_a_contact_later_is_the_second_order(district: District, tell: Tell) -> None:
    lines = tell(district.laptop, *district.words(), *CASE, "--number", number(1), "--second-order")
    second = found(lines, 2)
    assert set(second) == {number(6)}
    assert second[number(6)]["through"] == found(lines)[number(4)]["mark"]


def test_the_record_tells_whom_the_case_met_from_whom_was_named(district: District, tell: Tell) -> None:
    tell(district.laptop, *district.words(), *CASE, "--number", number(1), "--second-order")
    (opening,) = district.hub.house.openings.newest()
    assert (opening.found, opening.present, opening.named) == (3, 5, 4)


def test_an_opening_under_which_nobody_was_found_is_over(district: District, tell: Tell) -> None:
    (told,) = tell(district.laptop, *district.words(), *CASE, "--number", number(9), fails=1)
    assert "nobody was opened" in told["fault"]
    (opening,) = district.hub.house.openings.newest()
    assert (opening.state, opening.found) == (State.ENDED, 0)


def test_a_place_and_a_time_are_asked_about(district: District, tell: Tell) -> None:
    span = ("--from", f"{DAY}T13:00", "--until", f"{DAY}T14:00")
    words = (*CASE[:6], "--site", "ward-2", *span)
    assert set(found(tell(district.laptop, *district.words(), *words))) == {number(1), number(4)}


def test_who_met_nobody_has_no_second_order_either(district: District, tell: Tell) -> None:
    lines = tell(district.laptop, *district.words(), *CASE, "--number", number(5), "--second-order")
    assert [line["what"] for line in lines] == ["count"]


def test_a_site_that_has_not_given_its_log_lately_is_said_to_be_missing(district: District, tell: Tell) -> None:
    with district.hub.house.database.transaction() as db:
        heard_ms = district.kiosks[0].ms("12:00")
        db.execute("DELETE FROM kiosk_health")
        db.execute("UPDATE branch SET heard_ms = ? WHERE kiosk = 'market'", (heard_ms,))
    lines = tell(district.laptop, *district.words(), *CASE, "--number", number(1), "--count-only")
    (gap,) = of(lines, "gap")
    assert (gap["site"], gap["why"], gap["from"]) == ("ward-2", "not_arrived", f"{DAY}T12:00:00+07:00")


def test_a_site_whose_log_has_come_but_waits_to_be_read_is_said_to_be_missing(district: District, tell: Tell) -> None:
    with district.hub.house.database.transaction() as db:
        db.execute("DELETE FROM lake_branch WHERE kiosk = 'market'")
    lines = tell(district.laptop, *district.words(), *CASE, "--number", number(1), "--count-only")
    (gap,) = of(lines, "gap")
    assert (gap["site"], gap["why"], gap["from"]) == ("ward-2", "not_arrived", f"{DAY}T00:00:00+07:00")


def test_what_has_arrived_but_stands_in_no_file_of_the_lake_is_said_to_be_missing(
    district: District, tell: Tell
) -> None:
    market, lake = district.kiosks[2], district.hub.house.lake
    come(market, (8, "15:30", "16:00"))
    round_of(market).go()
    lake.bring_up(clock.now().wall_ms)
    asking = (*CASE, "--number", number(8), "--count-only")
    lines = tell(district.laptop, *district.words(), *asking)
    (gap,) = of(lines, "gap")
    assert (gap["site"], gap["why"]) == ("ward-2", "being_read")
    assert gap["from"] <= f"{DAY}T15:30:00+07:00" <= gap["until"]
    (told,) = tell(district.laptop, *district.words("Minh"), *asking, "--site", "ward-1", fails=1)
    assert "Nobody recorded under this" in told["fault"]
    lake.write(clock.now().wall_ms)
    whole = Scope(market.ms("00:00"), market.ms("23:00"), By.SITE)
    assert not district.hub.house.openings.late(whole, clock.now().wall_ms)


def test_another_teams_key_opens_nothing_and_the_days_are_said_to_be_missing(
    district: District, tell: Tell, tmp_path: Path, open_site: OpenSite
) -> None:
    stranger = open_site(data=tmp_path / "stranger")
    words = [str(stranger.house.data / DEMO_FILE) if word == str(district.key) else word for word in district.words()]
    lines = tell(district.laptop, *words, *CASE, "--number", number(1))
    assert {line["site"] for line in of(lines, "gap")} == {"ward-1", "ward-2"}
    assert not of(lines, "person")


def test_two_people_open_a_case_where_the_hub_wants_it(open_district: Callable[..., District], tell: Tell) -> None:
    district = open_district(two_people=True)
    come(district.kiosks[0], (1, "08:00", "09:00"), (2, "08:00", "09:00"))
    district.arrive()
    words = (*CASE, "--number", number(1))
    (waiting,) = tell(district.laptop, *district.words(), *words, fails=1)
    district.hub.house.openings.decide(waiting["opening"], "Minh", clock.now().wall_ms, approve=True)
    user(district.hub, "Lan", HubRole.TRACER)
    lines = tell(district.laptop, *district.words(), *words, "--opening", waiting["opening"])
    assert set(found(lines)) == {number(2)}


def test_a_hub_that_is_another_one_is_not_asked(district: District, tell: Tell) -> None:
    words = district.words()
    words[words.index("--ca") + 1] = "00" * 32
    (told,) = tell(district.laptop, *words, *CASE, "--number", number(1), fails=1)
    assert "is not the hub that was named" in told["fault"]


def test_without_the_second_factor_nobody_asks(district: District, tell: Tell) -> None:
    words = district.words()
    words[-1] = "000000" if words[-1] != "000000" else "000001"
    (told,) = tell(district.laptop, *words, *CASE, "--number", number(1), fails=1)
    assert "6 digits" in told["fault"]


@pytest.mark.parametrize("role", [HubRole.ADMIN, HubRole.AUDITOR])
def test_only_tracers_ask(district: District, tell: Tell, role: HubRole) -> None:
    user(district.hub, "Hoa", role)
    tell(district.laptop, *district.words("Hoa"), *CASE, "--number", number(1), fails=1)
    assert not district.leaves()


def test_over_the_lake_of_a_hub_itself_the_opening_is_on_record_too(
    district: District, tell: Tell, tmp_path: Path
) -> None:
    data = district.hub.house.folder
    lines = tell(data, "--key", district.key, "--engine", "duckdb", *CASE, "--number", number(1))
    assert set(found(lines)) == {number(2), number(3), number(4)}
    assert [leaf["by"] for leaf in district.leaves()] == ["terminal", "terminal"]


@pytest.fixture
def busy(site: Site) -> Site:
    come(site, (1, "08:00", "09:00"), (2, "08:05", "08:50"), (3, "09:30", "10:00"))
    return site


def notes(site: Site) -> list[dict[str, Any]]:
    entries = site.reader.events_after(0, 500)
    return [entry.body for entry in entries if entry.header.kind == "staff" and entry.body]


def test_a_kiosk_answers_for_today_without_the_key_and_says_so_in_its_log(busy: Site, tell: Tell) -> None:
    data = busy.house.data
    lines = tell(data, "--number", number(1), "--tail", "0", *SPAN)
    assert [(one["name"], one["certain_minutes"]) for one in of(lines, "person")] == [(name(2), 45)]
    assert [note["act"] for note in notes(busy)] == ["trace", "trace"]


def test_a_kiosk_answers_for_earlier_days_with_the_key_alone(
    open_site: OpenSite, busy: Site, tell: Tell, tmp_path: Path
) -> None:
    later = open_site(day="2026-11-21", data=busy.house.data)
    come(later, (4, "08:00", ""))
    data = busy.house.data
    (told,) = tell(data, "--number", number(1), "--tail", "0", *SPAN, fails=1)
    assert "only today" in told["fault"]
    key = ("--key", data / DEMO_FILE, "--case", "BN-17", "--reason", "điều tra")
    lines = tell(data, "--number", number(1), "--tail", "0", *SPAN, *key)
    assert set(found(lines)) == {number(2)}
    (opened, _) = notes(later)
    assert (opened["reason"], opened["about"]) == ("điều tra", "BN-17: number")


def test_a_slip_and_an_insurance_card_lead_to_who_came_with_them(open_site: OpenSite, tell: Tell) -> None:
    site = open_site(printer={"kind": "simulated"})
    cards = invented.codes(invented.person(1))
    site.show(cards[Kind.INSURANCE], "in", "08:00")
    slip = json.loads(site.house.store.db.execute("SELECT ticket FROM spool").fetchone()[0])["slip_code"]
    site.show(invented.codes(invented.person(2))[Kind.ID_CARD], "in", "08:10")
    site.show(slip.encode(), "out", "09:00")
    site.show(invented.codes(invented.person(2))[Kind.ID_CARD], "out", "09:10")
    key = ("--key", site.house.data / DEMO_FILE, "--case", "BN-17", "--reason", "điều tra", "--tail", "0", *SPAN)
    insurance = invented.person(1).insurance_number
    for who in (("--slip", slip), ("--insurance", insurance), ("--insurance", insurance[-10:])):
        lines = tell(site.house.data, *who, *key)
        assert {one["id_number"]: one["certain_minutes"] for one in of(lines, "person")} == {number(2): 50}


def test_one_person_is_asked_about_by_all_their_documents_under_one_opening(site: Site, tell: Tell) -> None:
    cards = invented.codes(invented.person(1))
    site.show(cards[Kind.INSURANCE], "in", "08:00")
    come(site, (2, "08:10", "08:40"))
    site.show(cards[Kind.INSURANCE], "out", "09:00")
    come(site, (1, "10:00", "11:00"), (3, "10:20", "10:50"))
    key = ("--key", site.house.data / DEMO_FILE, "--case", "BN-17", "--reason", "điều tra", "--tail", "0", *SPAN)
    card, insurance = ("--number", number(1)), ("--insurance", invented.person(1).insurance_number)
    both = tell(site.house.data, *insurance, *card, "--number", "079099000999", *key)
    assert {one["id_number"] for one in of(both, "person")} == {number(2), number(3)}
    assert [note["about"] for note in notes(site)] == ["BN-17: number", "2 found of 2, 2 named"]
    (told,) = tell(site.house.data, *card, "--insurance", "12", *key, fails=1)
    assert "insurance number" in told["fault"]


def test_a_phone_number_is_found_among_the_sealed_identities_of_a_site(site: Site, tell: Tell) -> None:
    one, two = (replace(invented.person(n).person, phone=f"09123456{n}{n}") for n in (1, 2))
    for person, gate, at in ((one, "in", "08:00"), (two, "in", "08:10"), (one, "out", "09:00"), (two, "out", "09:00")):
        code = f"{person.number}|{person.name}|{person.birth}|0|Q{person.number}|{person.phone}"
        site.show(code.encode(), gate, at)
    key = ("--key", site.house.data / DEMO_FILE, "--case", "BN-17", "--reason", "điều tra", "--site", "site", *SPAN)
    lines = tell(site.house.data, "--phone", "+84 912 345 611", *key)
    assert [line["phone"] for line in of(lines, "person")] == [two.phone]


def test_with_the_key_a_case_number_and_a_reason_are_asked_for(busy: Site, tell: Tell) -> None:
    data = busy.house.data
    (told,) = tell(data, "--number", number(1), "--key", data / DEMO_FILE, *SPAN, fails=1)
    assert "case number" in told["fault"]
    assert not notes(busy)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--number", "12"), "12 digits"),
        (("--slip", "KSK1:"), "KSK1:"),
        (("--number", "079099000999", "--onset", "yesterday"), "onset"),
        (("--number", "079099000999", "--from", f"{DAY}T08:00"), "both times"),
        (("--phone", "0912345678", *SPAN[:2]), "both times"),
        (("--number", "079099000999"), "Nobody recorded under this"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_sentence(
    busy: Site, tell: Tell, words: tuple[str, ...], sentence: str
) -> None:
    (told,) = tell(busy.house.data, *words, fails=1)
    assert sentence in told["fault"]
    assert "Traceback" not in told["fault"]


def test_an_answer_that_would_be_nearly_everyone_names_nobody(site: Site, tell: Tell) -> None:
    come(site, *((person, f"08:{person // 2:02}", "") for person in range(1, 104)), (0, "07:30", "12:00"))
    key = ("--key", site.house.data / DEMO_FILE, "--case", "BN-17", "--reason", "điều tra", *SPAN)
    count, told = tell(site.house.data, "--number", number(0), *key, fails=1)
    assert (count["would_name"], count["present"], count["nearly_everyone"]) == (103, 103, True)
    assert "nearly everyone" in told["fault"]
    assert [note["about"] for note in notes(site)] == ["BN-17: number", "0 found of 103, 0 named"]


WRONG = ((), ("--number", "1", "--phone", "2"), ("--number", "1", "--zone", "hall"))


@pytest.mark.parametrize("words", WRONG)
def test_nobody_or_two_people_are_wrong_usage(busy: Site, tell: Tell, words: tuple[str, ...]) -> None:
    tell(busy.house.data, *words, fails=2)
