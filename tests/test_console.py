"""Who holds the tracing key finds everybody who was present with a case, across sites and days, and nobody else.

What a hub sees of it are pseudonyms under keys that it cannot open: the answer is the one that names would give.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.contact_list import Asked, ContactList, Doubt, Missing, Unnamed
from kiosk.rules.contacts import Question, Stay, Stays, contacts, of_contacts
from kiosk.rules.linked import linked
from kiosk.rules.model import Person
from kiosk.rules.openings import Request, Search
from kiosk.rules.plain_engine import PlainEngine
from kiosk.rules.plain_sealed import PlainSealed
from kiosk.rules.tracing import MOST_MET, By, Count, KeyedStay, Scope, SealedKey, SealedPerson, TooManyError
from kiosk.rules.wanted import WantedFault, holder_ids
from kiosk.tracing.console import Console, Wanted
from kiosk.vault.linking import KeyRing
from kiosk.vault.pseudonyms import Pseudonyms
from kiosk.vault.sealing import Purpose, seal
from kiosk.vault.staff_view import padded_json
from kiosk.vault.tracing import TracingPrivate

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
LONGEST_MS = 12 * HOUR_MS
BEGAN_MS = 1_800_000_000_000 // DAY_MS * DAY_MS
QUESTION = Question(900_000, 0, LONGEST_MS)
EVERYWHERE = Scope(BEGAN_MS, BEGAN_MS + 5 * DAY_MS)


def private(seed: int = 1) -> TracingPrivate:
    return TracingPrivate(X25519PrivateKey.from_private_bytes(bytes([seed]) * 32), "Lan", "")


@dataclass
class World:
    """Sites whose doors seal to a tracing team: each site day has a key of its own."""

    team: TracingPrivate = field(default_factory=private)
    keys: dict[tuple[str, int, str], tuple[bytes, bytes]] = field(default_factory=dict)
    sealed: list[SealedKey] = field(default_factory=list)
    people: list[SealedPerson] = field(default_factory=list)
    stays: list[KeyedStay] = field(default_factory=list)
    aliases: list[tuple[bytes, bytes, bytes]] = field(default_factory=list)
    now_ms: int = BEGAN_MS + 20 * DAY_MS
    most: int = MOST_MET
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def key(self, site: str, day: int, kiosk: str = "") -> tuple[bytes, bytes]:
        known = self.keys.get((site, day, kiosk))
        if known is None:
            known = key_id, key = self.chance.randbytes(8), self.chance.randbytes(32)
            self.keys[site, day, kiosk] = known
            blob = seal(key, self.team.key.public_key(), site=site, key_id=key_id, purpose=Purpose.DAY_KEY)
            from_ms = BEGAN_MS + day * DAY_MS
            self.sealed.append(SealedKey(site, key_id, blob, from_ms, from_ms + DAY_MS - 1))
        return known

    def come(self, holder: str, site: str, came_h: float, went_h: float, **told: object) -> KeyedStay:
        kiosk, zone = str(told.pop("kiosk", "")), str(told.pop("zone", ""))
        key_id, key = self.key(site, int(came_h // 24), kiosk)
        who = Pseudonyms(key).of(holder)
        came, went = (BEGAN_MS + round(at * HOUR_MS) for at in (came_h, went_h))
        stay = KeyedStay(site, zone, key_id, who, came, came, went, went, inferred=False, sure=True, gate="1")
        stay = replace(stay, **told)  # type: ignore[arg-type]
        self.stays.append(stay)
        said = padded_json({"name": f"Người {holder}", "number": holder.removeprefix("id:"), "holder_id": holder})
        public = self.team.key.public_key()
        blob = seal(said, public, site=site, key_id=key_id, purpose=Purpose.IDENTITY)
        self.people.append(SealedPerson(site, key_id, who, blob))
        return stay

    def console(self, request: Request, *, key: TracingPrivate | None = None) -> Console:
        sealed = PlainSealed(self.sealed, self.people, self.aliases)
        return Console(
            PlainEngine(self.stays, most=self.most), sealed, KeyRing([key or self.team]), request, self.now_ms
        )

    def answer(self, *holders: str, request: Request | None = None, **wanted: str) -> ContactList:
        request = request or asking()
        console = self.console(request)
        return console.answer(console.look(Wanted(holders, **wanted)), head(request))


def asking(scope: Scope = EVERYWHERE, **changed: object) -> Request:
    request = Request("BN-17", "điều tra", Search.NUMBER, scope, QUESTION)
    return replace(request, **changed)  # type: ignore[arg-type]


def head(request: Request) -> Asked:
    scope, question = request.scope, request.question
    times = (scope.from_ms, scope.until_ms, scope.by, question.least_ms, question.tail_ms)
    said = (request.case_number, request.reason, "1", BEGAN_MS, "Lan", request.search)
    return Asked(*said, *times, request.second_order, "Asia/Ho_Chi_Minh")


def named(answer: ContactList, order: int = 1) -> list[str]:
    return [one.who.holder_id for one in answer.of_order(order)]


def test_a_case_is_followed_across_sites_and_days_though_no_two_pseudonyms_are_alike() -> None:
    world = World()
    for holder, site, came_h, went_h in (
        ("id:1", "A", 8, 9),
        ("id:2", "A", 8.5, 10),
        ("id:3", "A", 11, 12),
        ("id:1", "B", 30, 31),
        ("id:2", "B", 30, 31),
        ("id:4", "B", 30.5, 33),
        ("id:5", "A", 30, 31),
    ):
        world.come(holder, site, came_h, went_h)
    assert len({stay.who for stay in world.stays}) == len(world.stays)
    answer = world.answer("id:1")
    assert named(answer) == ["id:2", "id:4"]
    second = answer.of_order(1)[0]
    assert (second.rank, len(second.encounters), second.certain_ms) == (1, 2, round(1.5 * HOUR_MS))
    assert [one.place.site for one in second.encounters] == ["A", "B"]
    assert second.who.person == Person(name="Người id:2", number="2")
    assert [one.person.number for one in answer.case] == ["1"]
    assert len(answer.case_stays) == 2


people = st.integers(0, 6).map(lambda number: f"id:{number}")
comings = st.lists(
    st.tuples(people, st.sampled_from("AB"), st.integers(0, 40), st.integers(1, 16), st.integers(0, 8)),
    min_size=1,
    max_size=24,
)


@given(comings)
def test_the_answer_is_the_one_that_names_would_give(comings: list[tuple[str, str, int, int, int]]) -> None:
    world, plain = World(), []
    ended: dict[str, int] = {}
    for holder, site, came_q, quarters, unsure_q in sorted(comings, key=lambda one: one[2]):
        if came_q < ended.get(holder, -1):
            continue  # nobody is at two places
        came_h, went_h = came_q / 4, (came_q + quarters) / 4
        stay = world.come(holder, site, came_h, went_h)
        world.stays[-1] = replace(stay, went_ms=stay.went_ms + unsure_q * 900_000, sure=False)
        ended[holder] = came_q + quarters + unsure_q
        plain.append(Stay(holder, site, stay.came_ms, stay.came_ms, stay.went_ms, world.stays[-1].went_ms))
    index = [stay for stay in plain if stay.who == "id:0"]
    expected = contacts(index, Stays(plain), QUESTION)
    first_ms = {who: contact.first_ms for who, contact in expected.items()}
    theirs = [stay for stay in plain if stay.who in expected]
    later = of_contacts(first_ms, theirs, Stays(plain), QUESTION, {"id:0"})
    answer = world.answer("id:0", request=asking(second_order=True))
    assert {
        one.who.holder_id: (len(one.encounters), one.possible_ms, one.certain_ms, one.first_ms, one.last_ms)
        for one in answer.of_order(1)
    } == {
        who: (one.encounters, one.possible_ms, one.certain_ms, one.first_ms, one.last_ms)
        for who, one in expected.items()
    }
    assert set(named(answer, 2)) == later


def test_the_second_order_says_through_whom() -> None:
    world = World()
    world.come("id:1", "A", 8, 9)
    world.come("id:2", "A", 8, 9)
    world.come("id:2", "B", 30, 31)
    world.come("id:3", "B", 30, 31)
    world.come("id:4", "B", 6, 7)
    answer = world.answer("id:1", request=asking(second_order=True))
    (later,) = answer.of_order(2)
    (first,) = answer.of_order(1)
    assert (later.who.holder_id, later.through) == ("id:3", (first.who.mark,))


def test_who_came_by_one_gate_and_left_by_another_was_there_in_between_and_no_longer() -> None:
    world = World()
    world.come("id:1", "A", 8, 11)
    half = world.come("id:2", "A", 7, 7, kiosk="front")
    world.stays[-1] = replace(half, went_ms=half.came_ms + LONGEST_MS, inferred=True)
    half = world.come("id:2", "A", 9, 9, kiosk="back")
    world.stays[-1] = replace(half, came_ms=half.went_ms - LONGEST_MS, inferred=True)
    (one,) = world.answer("id:1").found
    assert (one.possible_ms, one.certain_ms, one.doubts) == (HOUR_MS, HOUR_MS, ())


def test_an_exit_that_nobody_saw_is_possible_until_the_next_arrival_elsewhere() -> None:
    world = World()
    world.come("id:1", "A", 8, 16)
    stay = world.come("id:2", "A", 8, 8)
    world.stays[-1] = replace(stay, went_ms=stay.came_ms + LONGEST_MS, inferred=True)
    world.come("id:2", "B", 11, 12)
    (one,) = world.answer("id:1").found
    assert (one.possible_ms, one.certain_ms, one.doubts) == (3 * HOUR_MS, 0, (Doubt.EXIT_UNSEEN,))


def test_who_is_still_inside_has_been_there_until_now_and_no_longer() -> None:
    world = World(now_ms=BEGAN_MS + 9 * HOUR_MS)
    for holder in ("id:1", "id:2"):
        stay = world.come(holder, "A", 8, 8)
        world.stays[-1] = replace(stay, went_ms=stay.came_ms + LONGEST_MS, inferred=True)
    (one,) = world.answer("id:1").found
    assert (one.possible_ms, one.certain_ms) == (HOUR_MS, 0)


def test_a_second_document_and_a_slip_lead_to_the_same_person() -> None:
    world = World()
    stay = world.come("bhxh:1", "A", 8, 9)
    key = next(key for key_id, key in world.keys.values() if key_id == stay.key_id)
    for holder in ("id:1", "slip:9"):
        world.aliases.append((stay.key_id, Pseudonyms(key).of(holder), stay.who))
    world.come("id:2", "A", 8, 9)
    world.come("id:1", "B", 30, 31)
    world.come("id:3", "B", 30, 31)
    for holder in ("slip:9", "bhxh:1", "id:1"):
        assert sorted(named(world.answer(holder))) == ["id:2", "id:3"]


def test_days_that_were_sealed_to_another_key_are_said_to_be_missing() -> None:
    world = World()
    world.come("id:1", "A", 8, 9)
    world.come("id:2", "A", 8, 9)
    console = world.console(asking(), key=private(2))
    look = console.look(Wanted(("id:1",)))
    assert look.count.met == 0
    assert [(gap.site, gap.why) for gap in look.gaps] == [("A", Missing.OTHER_KEY)]


def test_a_sealed_key_that_was_changed_is_said_to_be_damaged() -> None:
    world = World()
    world.come("id:1", "A", 8, 9)
    (sealed,) = world.sealed
    world.sealed = [replace(sealed, sealed=sealed.sealed[:-1] + b"?")]
    (gap,) = world.console(asking()).look(Wanted(("id:1",))).gaps
    assert gap.why is Missing.DAMAGED


def test_who_was_erased_is_counted_and_has_no_name() -> None:
    world = World()
    world.come("id:1", "A", 8, 9)
    world.come("id:2", "A", 8, 9)
    world.people.pop()
    (one,) = world.answer("id:1").found
    assert (one.who.unnamed, one.who.person) == (Unnamed.NOTHING_KEPT, Person())


def test_a_mark_is_the_same_in_a_case_and_another_in_the_next() -> None:
    world = World()
    world.come("id:1", "A", 8, 9)
    world.come("id:2", "A", 8, 9)

    def mark(case_number: str) -> str:
        (one,) = world.answer("id:1", request=asking(case_number=case_number)).found
        return one.who.mark

    assert mark("BN-17") == mark("BN-17") != mark("BN-18")


def test_a_place_and_a_time_are_asked_about_without_anybody() -> None:
    world = World()
    world.come("id:1", "A", 8, 9)
    world.come("id:2", "A", 10, 11)
    world.come("id:3", "B", 8, 9)
    scope = Scope(BEGAN_MS + 8 * HOUR_MS, BEGAN_MS + 9 * HOUR_MS, By.SITE, frozenset("A"))
    answer = world.answer(request=asking(scope, search=Search.PLACE))
    assert named(answer) == ["id:1"]
    assert answer.case == ()


def test_a_phone_is_found_in_what_was_sealed() -> None:
    world = World()
    stay = world.come("id:1", "A", 8, 8.1)
    said = padded_json({"name": "Lê Thị Bình", "phone": "0912345678", "holder_id": "id:1"})
    blob = seal(said, world.team.key.public_key(), site="A", key_id=stay.key_id, purpose=Purpose.IDENTITY)
    world.people[-1] = replace(world.people[-1], sealed=blob)
    world.come("id:1", "B", 30, 31)
    world.come("id:2", "B", 30, 31)
    scope = replace(EVERYWHERE, sites=frozenset("AB"))
    assert named(world.answer(request=asking(scope, search=Search.PHONE), phone="0912345678")) == ["id:2"]

    world.most = 2
    with pytest.raises(TooManyError, match="of 3, more than the 2"):
        world.answer(request=asking(scope, search=Search.PHONE), phone="0912345678")


def test_a_second_order_of_nearly_everyone_is_refused() -> None:
    world = World()
    world.come("id:0", "A", 8, 9)
    world.come("id:1", "A", 8, 9)
    for number in range(1, 130):
        world.come(f"id:{number}", "B", 30, 31)
    with pytest.raises(TooManyError, match="128 of 128"):
        world.answer("id:0", request=asking(second_order=True))


def through(world: World, holder: str, site: str, came_h: float, went_h: float) -> None:
    """By a kiosk that sees people come, and out past another: two halves, each with an end that nobody saw."""
    at, left = (BEGAN_MS + round(one * HOUR_MS) for one in (came_h, went_h))
    began = BEGAN_MS + round(came_h // 24 * DAY_MS)
    first: dict[str, object] = {"surely_went_ms": at, "went_ms": at + LONGEST_MS, "inferred": True}
    second: dict[str, object] = {"came_ms": max(began, left - LONGEST_MS), "surely_came_ms": left, "inferred": True}
    world.come(holder, site, came_h, went_h, kiosk="in", **first)
    world.come(holder, site, came_h, went_h, kiosk="out", **second)


def test_people_are_counted_once_though_one_kiosk_saw_them_come_and_another_leave() -> None:
    world = World()
    for number in range(1, 140):
        through(world, f"id:{number}", "A", 30 + number / 20, 30.5 + number / 20)
    console = world.console(asking())
    look = console.look(Wanted(("id:70",)))
    assert look.count == Count(10, 138)
    assert len(console.answer(look, head(asking())).found) == 10


def test_a_second_order_is_of_people_too_and_not_refused_for_what_two_kiosks_saw_of_them() -> None:
    world = World()
    world.come("id:0", "B", 8, 9)
    world.come("id:70", "B", 8, 9)
    for number in range(1, 140):
        through(world, f"id:{number}", "A", 30 + number / 20, 30.5 + number / 20)
    assert len(named(world.answer("id:0", request=asking(second_order=True)), 2)) == 10


@given(comings)
def test_linked_stays_of_one_person_never_overlap_where_an_end_was_not_seen(
    comings: list[tuple[str, str, int, int, int]],
) -> None:
    world = World()
    for _, site, came_q, quarters, unsure_q in comings:
        stay = world.come("id:1", site, came_q / 4, (came_q + quarters) / 4)
        if unsure_q:
            world.stays[-1] = replace(stay, surely_went_ms=stay.came_ms, inferred=True)
    for one in linked(world.stays):
        assert one.came_ms <= one.surely_came_ms
        assert one.surely_went_ms <= one.went_ms
        assert one.went_ms - one.came_ms <= LONGEST_MS


@pytest.mark.parametrize(
    ("search", "typed", "holders"),
    [
        (Search.NUMBER, "079 185 000 123", ("id:079185000123",)),
        (Search.NUMBER, "025123456", ("id:025123456",)),
        (Search.INSURANCE, "gd4791234567890", ("bhxh:1234567890",)),
        (Search.INSURANCE, "1234567890", ("bhxh:1234567890",)),
        (Search.INSURANCE, "079185000123", ("id:079185000123",)),
        (Search.QID, "ABC-123", ("qid:ABC-123",)),
        (Search.PHONE, "+84 912 345 678", ()),
    ],
)
def test_what_was_typed_is_what_a_door_recorded(search: Search, typed: str, holders: tuple[str, ...]) -> None:
    assert holder_ids(search, typed) == holders


@pytest.mark.parametrize("typed", ["", "12", "0" * 13, "KSK1:AAAA", "=1+1", "\ud800", "0912***678"])
@pytest.mark.parametrize("search", [Search.NUMBER, Search.INSURANCE, Search.SLIP, Search.PHONE])
def test_what_names_nobody_is_refused_in_a_sentence(search: Search, typed: str) -> None:
    with pytest.raises(WantedFault, match=r"digits|code"):
        holder_ids(search, typed)
