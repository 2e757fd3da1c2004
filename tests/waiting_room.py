"""A site with a queue for the tests of its board: three stages with counters, then observation; and people in line."""

from __future__ import annotations

from typing import Any

from running import Kiosk, card_of

from kiosk.config.queueing import CounterSettings, ServiceSettings, StageSettings

OBSERVE_S = 2.0
ROOM: dict[str, Any] = {
    "stages": (
        StageSettings("reception", "Đón tiếp"),
        StageSettings("exam", "Khám sàng lọc"),
        StageSettings("shot", "Tiêm"),
        StageSettings("watch", "Theo dõi", observe_s=OBSERVE_S),
    ),
    "services": (
        ServiceSettings("reception", "Đón tiếp", "reception", "A"),
        ServiceSettings("exam", "Khám sàng lọc", "exam", "B"),
        ServiceSettings("shot", "Tiêm", "shot", "C"),
        ServiceSettings("watch", "Theo dõi", "watch", "D"),
    ),
    "counters": (
        CounterSettings("q1", "Quầy 1", ("reception",)),
        CounterSettings("q12", "Quầy 12", ("reception",)),
        CounterSettings("q3", "Quầy 3", ("reception",)),
        CounterSettings("k4", "Khám 4", ("exam",)),
        CounterSettings("kb", "Phòng khám bệnh và tư vấn", ("exam",)),
        CounterSettings("p101", "Phòng 101", ("exam",)),
        CounterSettings("t6", "Bàn tiêm 6", ("shot",)),
        CounterSettings("t7", "Bàn tiêm 7", ("shot",)),
    ),
}


def arrive(kiosk: Kiosk, people: int, first: int = 0) -> None:
    """So many people come in and get numbers."""
    for person in range(first, first + people):
        assert kiosk.show(card_of(person))["ticket"]


def call(kiosk: Kiosk, counter: str, act: str = "call", **more: Any) -> str:
    """Staff at *counter* act; returns the number that they act on."""
    answer = kiosk.client.queue(act, counter=counter, **more)
    assert "refused" not in answer, answer
    return str(answer["ticket"])


def fill(kiosk: Kiosk) -> None:
    """A busy morning: people at every counter, some called and some come, some under observation, some free to go."""
    arrive(kiosk, 16)
    for _ in range(4):
        for counter in ("q1", "q12", "q3", "k4", "t6"):
            call(kiosk, counter) if counter[0] == "q" else kiosk.client.queue("call", counter=counter)
    for counter in ("p101", "kb", "t7"):
        kiosk.client.queue("call", counter=counter)
    call(kiosk, "k4", "start")
    call(kiosk, "q12", "number", number="KTC 1044")
    call(kiosk, "q3", "number", number="XYZ 1999")


def observe_one(kiosk: Kiosk) -> str:
    """Somebody goes through all stages to observation."""
    arrive(kiosk, 1, first=90)
    for counter in ("q1", "k4", "t6"):
        number = call(kiosk, counter)
        call(kiosk, counter, "finish")
    return number
