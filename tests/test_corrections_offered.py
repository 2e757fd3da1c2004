"""What the pages offer: what may need somebody's eye, what may be put right, which other visit may be meant."""

from __future__ import annotations

from correction_story import EIGHT_MS, MINUTE_MS, Day, name_of

from kiosk.rules.corrections import Act, likely_others, possible, questions


def test_the_page_offers_what_the_rules_allow() -> None:
    day = Day()
    here, gone = day.comes("an"), day.comes("binh")
    day.at(10).goes("binh", gone)
    offered = {visit: possible(day.presence.visits[visit], day, day.now) for visit in (here, gone)}
    assert offered == {
        here: [Act.EXIT, Act.WENT_OUT, Act.NEVER_HERE, Act.LINK],
        gone: [Act.STILL_HERE, Act.NEVER_HERE, Act.LINK, Act.UNLINK, Act.EXIT_OF_OTHER],
    }


def test_who_looks_alike_comes_first_among_the_likely_others() -> None:
    day = Day()
    day.comes("an")
    alike = day.at(1).comes("binh", like="b1960")
    day.at(30).comes("chi")
    went = day.at(31).goes("binh too", like=name_of("b1960").hex())
    visit, today = day.presence.visits[went], list(day.presence.visits.values())
    others = likely_others(Act.LINK, visit, today, day, day.now)
    assert others[0].id == alike
    assert len(others) == 3


def test_open_questions_are_long_stays_exits_without_entry_people_alike_and_inferred_exits() -> None:
    day = Day()
    forgotten = day.comes("an", like="a")
    unmatched = day.at(100).goes("x", like=name_of("a").hex())
    inferred = day.at(101).comes("y")
    day.at(125).infer(inferred)
    unfinished = [day.presence.visits[visit] for visit in (forgotten, unmatched, inferred)]
    found = questions(unfinished, [30 * MINUTE_MS] * 25, EIGHT_MS + 130 * MINUTE_MS)
    assert [visit.id for visit in found.forgotten] == [forgotten]
    assert [visit.id for visit in found.unmatched] == [unmatched]
    assert [visit.id for visit in found.inferred] == [inferred]
    assert [(one.id, other.id) for one, other in found.alike] == [(forgotten, unmatched)]
