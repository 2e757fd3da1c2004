"""Registration lists are asked at the door, lie encrypted on disk, and name nobody once their last day has ended."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import OpenSite, Site

from kiosk import retention
from kiosk.devices import clock
from kiosk.list_import import Keeper, Listener, Report, Source, import_list
from kiosk.lists import ListError
from kiosk.roster import Roster, alone, clear_away
from kiosk.rules import admission, identity, invented
from kiosk.rules.credentials import Trust, read_credential
from kiosk.rules.list_rows import Defaults
from kiosk.rules.model import ClockState, Kind, Listed, Listing, Person
from kiosk.rules.registration import Registered
from kiosk.store import roster as stored
from kiosk.store.checking import project_again, verify_log
from kiosk.vault import VaultError

DAY = "2026-11-20"
HEADINGS = "Họ và tên;Ngày sinh;SĐT;Số CMND/CCCD;CMND cũ;Số thẻ BHYT;Ngày hẹn;Giờ hẹn;Điểm tiêm;Đơn vị"
PEOPLE = [invented.person(i) for i in range(6)]
STRANGER = invented.person(77)


def line(somebody: invented.InventedPerson, day: str = "", time: str = "", place: str = "", unit: str = "") -> str:
    person = somebody.person
    return ";".join([person.name, person.birth, person.phone, person.number, "", "", day, time, place, unit])


def write_list(path: Path, lines: Sequence[str]) -> Path:
    path.write_text("\n".join([HEADINGS, *lines]), encoding="utf-8")
    return path


def keep(site: Site, lines: Sequence[str], *, at: str = "07:00", today: str = DAY) -> Report:
    """Import a list of *lines* as the command does."""
    house, source = site.house, write_list(site.house.data.parent / "list.csv", lines)
    with Keeper(house.store, house.data) as keeper:
        out = source.with_suffix(".clean.xlsx")
        report = import_list(Source(source), out, house.settings, Defaults(today, today), Listener(), keeper)
        keeper.finish(report, clock.stated(site.ms(at)))
    return report


def roster_of(site: Site) -> Roster:
    return Roster(site.house.settings, site.house.store, site.house.data)


def asked(site: Site, code: bytes, time: str = "08:00") -> Listing:
    """What the lists say of who shows *code*."""
    credential = read_credential(code, trust=Trust(), at_ms=site.ms(time))
    assert credential.refusal is None
    return roster_of(site).find(tuple(admission.holders(credential)), credential.person, site.ms(time))


def key_files(site: Site) -> list[Path]:
    return sorted(site.house.data.glob("list-*.key"))


def bytes_at_rest(data: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(data.rglob("*")) if path.is_file())


@pytest.mark.parametrize("kind", [Kind.ID_CARD, Kind.INSURANCE, Kind.UNIFIED, Kind.TYPED])
@pytest.mark.parametrize("somebody", PEOPLE, ids=lambda somebody: str(somebody.index))
def test_somebody_listed_is_found_by_any_code_of_theirs(
    site: Site, somebody: invented.InventedPerson, kind: Kind
) -> None:
    keep(site, [line(each, unit="Công ty Mây") for each in PEOPLE])
    assert asked(site, invented.codes(somebody)[kind]) == Listing(Listed.ON_TIME, "Công ty Mây")
    assert asked(site, invented.codes(STRANGER)[kind]).listed is Listed.UNLISTED


def test_an_old_number_on_the_list_is_found_by_the_card_that_has_it(site: Site) -> None:
    somebody = next(each for each in PEOPLE if each.old_number)
    keep(site, [f";;;{somebody.old_number};;;;;;"])
    assert asked(site, invented.codes(somebody)[Kind.ID_CARD]).listed is Listed.ON_TIME


def test_an_insurance_number_on_the_list_is_found_by_its_card(site: Site) -> None:
    somebody = invented.person(1)
    keep(site, [f"{somebody.person.name};;;;;{somebody.insurance_number};;;;"])
    assert asked(site, invented.codes(somebody)[Kind.INSURANCE]).listed is Listed.ON_TIME


def test_a_certificate_is_found_by_name_and_birth_date(site: Site) -> None:
    somebody = PEOPLE[0].person
    keep(site, [line(PEOPLE[0])])
    key = identity.match_key(somebody.name)
    person = Person(name_key=key, birth=somebody.birth)
    assert roster_of(site).find([f"named:{key}|{somebody.birth}"], person, site.ms("08:00")).listed is Listed.ON_TIME


def test_a_namesake_of_the_same_day_with_another_number_is_not_listed(site: Site) -> None:
    keep(site, [line(PEOPLE[0])])
    other = replace(PEOPLE[0].person, number="099199999999")
    assert roster_of(site).find(["id:099199999999"], other, site.ms("08:00")).listed is Listed.UNLISTED


@pytest.mark.parametrize(
    ("day", "time", "at", "listed", "due"),
    [
        ("20/11/2026", "8h-9h", "08:30", Listed.ON_TIME, "08:00-09:00"),
        ("20/11/2026", "8h", "07:00", Listed.EARLY, "08:00"),
        ("20/11/2026", "8h", "09:00", Listed.LATE, "08:00"),
        ("25/11/2026", "8h", "08:00", Listed.EARLY, "08:00 25/11/2026"),
        ("", "", "23:00", Listed.ON_TIME, ""),
    ],
)
def test_early_and_late_are_told_from_on_time(
    site: Site, day: str, time: str, at: str, listed: Listed, due: str
) -> None:
    keep(site, [line(PEOPLE[0], day, time), line(PEOPLE[1])])
    assert asked(site, invented.codes(PEOPLE[0])[Kind.ID_CARD], at) == Listing(listed, "", due)


def test_without_a_list_nobody_is_unlisted(site: Site) -> None:
    assert asked(site, invented.codes(STRANGER)[Kind.ID_CARD]) == Listing()


def test_a_list_of_next_week_makes_nobody_unlisted_today_and_its_people_early(site: Site) -> None:
    keep(site, [line(PEOPLE[0], "27/11/2026")])
    assert asked(site, invented.codes(STRANGER)[Kind.ID_CARD]).listed is Listed.NO_LIST
    assert asked(site, invented.codes(PEOPLE[0])[Kind.ID_CARD]).listed is Listed.EARLY


def test_a_list_of_another_site_says_so_of_its_people_and_nothing_of_others(open_site: OpenSite) -> None:
    site = open_site(site={"name": "Trạm Y tế xã Mây"})
    report = keep(site, [line(PEOPLE[0], place="Trạm Y tế xã Gió"), line(PEOPLE[1], place="TRẠM Y TẾ XÃ GIÓ")])
    assert (report.kept, report.here) == (2, 0)
    assert asked(site, invented.codes(PEOPLE[0])[Kind.ID_CARD]).listed is Listed.OTHER_SITE
    assert asked(site, invented.codes(STRANGER)[Kind.ID_CARD]).listed is Listed.NO_LIST


def test_several_lists_of_a_day_count_together(site: Site) -> None:
    keep(site, [line(PEOPLE[0], unit="Công ty Mây")])
    keep(site, [line(PEOPLE[1], unit="Công ty Gió")])
    units = [asked(site, invented.codes(somebody)[Kind.ID_CARD]).unit for somebody in PEOPLE[:2]]
    assert units == ["Công ty Mây", "Công ty Gió"]


def test_no_name_number_or_phone_of_a_list_is_on_the_disk(site: Site) -> None:
    keep(site, [line(somebody, unit="Công ty Mây Trắng") for somebody in PEOPLE])
    secrets = ["Công ty Mây Trắng"]
    for somebody in PEOPLE:
        person = somebody.person
        secrets += [person.name, identity.match_key(person.name), person.number, person.phone, person.birth]

    def seen() -> list[str]:
        at_rest = bytes_at_rest(site.house.data)
        return [text for text in secrets if text.encode() in at_rest or text.encode("utf-16-le") in at_rest]

    assert seen() == []
    site.door.keep_house(clock.stated(site.ms("2026-11-21T03:00")))
    clear_away(site.house.store, site.house.data)
    assert seen() == []


def test_a_list_is_over_at_the_turn_hour_after_its_last_day(site: Site) -> None:
    keep(site, [line(PEOPLE[0])])
    block = key_files(site)[0].read_bytes()
    site.door.keep_house(clock.stated(site.ms("2026-11-21T02:59")))
    assert len(key_files(site)) == 1
    site.door.keep_house(clock.stated(site.ms("2026-11-21T03:00")))
    assert key_files(site) == []
    assert block[:64] not in bytes_at_rest(site.house.data)
    assert asked(site, invented.codes(PEOPLE[0])[Kind.ID_CARD], "2026-11-21T08:00").listed is Listed.NO_LIST


def test_the_key_is_overwritten_and_not_only_unlinked(site: Site) -> None:
    keep(site, [line(PEOPLE[0])])
    (path,) = key_files(site)
    before, another_name = path.read_bytes(), site.house.data.parent / "still-open"
    another_name.hardlink_to(path)
    roster_of(site).forget_over(clock.stated(site.ms("2026-11-21T08:00")))
    after = another_name.read_bytes()
    assert len(after) == len(before)
    assert before[:64] not in after


def test_a_door_that_has_asked_a_list_forgets_it_with_the_others(site: Site) -> None:
    keep(site, [line(PEOPLE[0])])
    asking, person = roster_of(site), PEOPLE[0].person
    holders = [f"id:{person.number}"]
    assert asking.find(holders, person, site.ms("08:00")).listed is Listed.ON_TIME
    roster_of(site).forget_over(clock.stated(site.ms("2026-11-21T08:00")))
    assert asking.find(holders, person, site.ms("08:00")).listed is Listed.NO_LIST


def test_a_copy_of_the_card_from_after_the_day_names_nobody(site: Site, tmp_path: Path) -> None:
    keep(site, [line(PEOPLE[0])])
    (list_id,) = (kept.id for kept in stored.stored_lists(site.house.store.db))
    roster_of(site).forget_over(clock.stated(site.ms("2026-11-21T08:00")))
    stolen = Path(shutil.copytree(site.house.data, tmp_path / "stolen", ignore=shutil.ignore_patterns("*.sock")))
    assert list(stolen.glob("list-*.key")) == []
    assert stored.concealed_rows(site.house.store.db, list_id, [b"any"]) == []


def test_what_is_over_is_removed_row_by_row(site: Site) -> None:
    keep(site, [line(somebody) for somebody in PEOPLE])
    roster_of(site).forget_over(clock.stated(site.ms("2026-11-21T08:00")))
    clear_away(site.house.store, site.house.data)
    db = site.house.store.db
    tables = ("roster_list", "roster_row", "roster_trait")
    assert [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables] == [0, 0, 0]


def test_a_clock_that_nobody_set_ends_no_list_before_its_days_have_closed(site: Site) -> None:
    keep(site, [line(PEOPLE[0])])
    unsure = replace(clock.stated(site.ms("2038-01-01T08:00")), clock=ClockState.UNKNOWN)
    assert roster_of(site).forget_over(unsure) == 0
    site.door.keep_house(clock.stated(site.ms("2026-11-20T08:00")))
    before = clock.stated(site.ms("2026-11-21T03:00"))
    retention.turn(site.house.store, site.house.vault, site.house.settings, before, site.house.store.head().key_id)
    assert roster_of(site).forget_over(unsure) == 1


def test_a_list_is_seen_at_once_and_not_before(site: Site) -> None:
    registered = []
    with Keeper(site.house.store, site.house.data) as keeper:
        source = write_list(site.house.data.parent / "list.csv", [line(somebody) for somebody in PEOPLE])
        out = source.with_suffix(".clean.xlsx")
        report = import_list(Source(source), out, site.house.settings, Defaults(DAY, DAY), Listener(), keeper)
        registered.append(asked(site, invented.codes(PEOPLE[0])[Kind.ID_CARD]).listed)
        keeper.finish(report, clock.stated(site.ms("07:00")))
        registered.append(asked(site, invented.codes(PEOPLE[0])[Kind.ID_CARD]).listed)
    assert registered == [Listed.NO_LIST, Listed.ON_TIME]


def test_an_import_that_fails_leaves_nothing(site: Site, tmp_path: Path) -> None:
    source = write_list(tmp_path / "list.csv", [line(PEOPLE[0])])
    with pytest.raises(ListError), Keeper(site.house.store, site.house.data) as keeper:
        import_list(
            Source(source), tmp_path / "out.xlsx", site.house.settings, Defaults(DAY, "2020-01-01"), Listener(), keeper
        )
    assert key_files(site) == []
    assert stored.unfinished_lists(site.house.store.db) == []
    assert not (tmp_path / "out.xlsx").exists()


def test_an_import_that_was_killed_is_removed_at_the_next(site: Site) -> None:
    killed = Keeper(site.house.store, site.house.data)
    killed.add(2, Registered(PEOPLE[0].person))
    assert len(key_files(site)) == 1
    clear_away(site.house.store, site.house.data)
    assert key_files(site) == []
    assert stored.unfinished_lists(site.house.store.db) == []


def test_a_list_on_its_way_is_not_taken_for_one_that_was_left(site: Site) -> None:
    with alone(site.house.data) as undisturbed, Keeper(site.house.store, site.house.data):
        assert undisturbed
        clear_away(site.house.store, site.house.data)
        with alone(site.house.data) as other:
            assert not other
        assert len(key_files(site)) == 1


def test_a_key_without_its_list_is_destroyed(site: Site) -> None:
    (site.house.data / "list-0000002a.key").write_bytes(bytes(4096))
    (site.house.data / "list-0000002a.key").chmod(0o600)
    clear_away(site.house.store, site.house.data)
    assert key_files(site) == []


@pytest.mark.parametrize("content", [None, b"short"])
def test_a_list_whose_key_is_lost_or_damaged_is_told_of(site: Site, content: bytes | None) -> None:
    keep(site, [line(PEOPLE[0])])
    (path,) = key_files(site)
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(VaultError, match="import the list again"):
        asked(site, invented.codes(PEOPLE[0])[Kind.ID_CARD])


def test_the_log_tells_of_a_list_without_a_name_and_stays_whole(site: Site) -> None:
    keep(site, [line(somebody, unit="Công ty Mây Trắng") for somebody in PEOPLE])
    entry = site.reader.events_after(site.reader.last_sequence() - 1)[-1]
    assert entry.header.kind == "registration"
    assert entry.body
    assert (entry.body["rows"], entry.body["first"], entry.body["last"]) == (6, DAY, DAY)
    assert "Mây" not in str(entry.body)
    db = site.house.store.db
    assert verify_log(db, site.house.vault.head_seal).fault == ""
    assert set(project_again(db).values()) == {0}
