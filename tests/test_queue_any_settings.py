"""Whatever settings follow each other while people stand in line: nobody is out of every counter's reach."""

from __future__ import annotations

from collections import Counter as Tally

from hypothesis import given, settings
from hypothesis import strategies as st
from queue_story import ZONE, Story
from test_queueing_always import COUNTERS, SERVICES

from kiosk.rules.queueing import AT_COUNTER, Act, Counter, Plan, QueueTicket, Refusal, Stage, State, queue_of

STAGES = (Stage("in", "Đón tiếp"), Stage("inject", "Tiêm"), Stage("observe", "", 0, 1_800_000), Stage("out", "Ra về"))
ACTS = st.sampled_from(
    [Act.CALL, Act.CALL, Act.CALL, Act.START, Act.FINISH, Act.HOLD, Act.RELEASE, Act.UNDO, Act.PRIORITY]
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Settings with some of the services and counters; each counter calls for some of those."""
    services = tuple(draw(st.lists(st.sampled_from(SERVICES), min_size=1, unique=True)))
    stages = tuple(stage for stage in STAGES if any(service.stage == stage.id for service in services))
    ids = st.lists(st.sampled_from([service.id for service in services]), min_size=1, unique=True)
    names = draw(st.lists(st.sampled_from(sorted(COUNTERS)), min_size=1, unique=True))
    return Plan(stages, services, tuple(Counter(name, name, tuple(draw(ids))) for name in names), ZONE, recalls=0)


STEPS = st.lists(
    st.one_of(
        plans(),
        st.integers(1, 3),
        st.tuples(ACTS, st.sampled_from(sorted(COUNTERS)), st.sampled_from([0, 0, 0, 1, 2, 3])),
    ),
    min_size=5,
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(plan=plans(), steps=STEPS, at_last=plans())
def test_whoever_is_inside_can_be_called_by_some_counter(
    plan: Plan, steps: list[Plan | int | tuple[Act, str, int]], at_last: Plan
) -> None:
    story = Story(plan)
    for step in (3, *steps, at_last):
        story.at_ms += 60_000
        match step:
            case Plan():
                story.plan = step
            case int(number):
                story.people(number)
            case (act, counter, wanted):
                story.act(act, counter, wanted)
        at = Tally(ticket.counter for ticket in opened(story) if ticket.state in AT_COUNTER)
        assert set(at.values()) <= {1}
    for ticket in opened(story):
        if ticket.state is State.DONE or (ticket.state in AT_COUNTER and story.plan.counter(ticket.counter)):
            continue
        take(story, ticket)
    assert queue_of(story.entries) == story.queue


def opened(story: Story) -> list[QueueTicket]:
    return [ticket for ticket in story.queue.tickets.values() if ticket.closed_ms is None]


def take(story: Story, ticket: QueueTicket) -> None:
    """A counter has *ticket* sent to a service that it calls for, calls it, and it goes on."""
    called = ((counter.id, service) for counter in story.plan.counters for service in counter.services)
    counter, service = next((pair for pair in called if pair[1] != "observe"), ("", ""))
    if not counter:
        return
    story.act(Act.HOLD, counter)  # whoever is there
    moved = story.act(Act.TRANSFER, counter, ticket.id, service=service)
    assert moved is Refusal.NOTHING_CHANGES or not isinstance(moved, Refusal)
    assert not isinstance(story.act(Act.CALL, counter, ticket.id), Refusal)
    assert (story.ticket(ticket.id).state, story.ticket(ticket.id).counter) == (State.CALLED, counter)
    assert not isinstance(story.act(Act.FINISH, counter), Refusal)
