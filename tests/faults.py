"""What is wrong in a house after it went through something: the one look that several tests take."""

from __future__ import annotations

from collections import defaultdict

from kiosk.house import House
from kiosk.rules.entries import Body, Entry, EntryKind
from kiosk.rules.model import TicketNumber
from kiosk.rules.queueing import AT_COUNTER, Ended, Issued, changes
from kiosk.store.checking import project_again, verify_log
from kiosk.store.reading import Reader


def faults_of(house: House) -> list[str]:
    """What is wrong with log, projections, tickets, calls and keys of *house*, in sentences."""
    verdict = verify_log(house.store.db, house.vault.head_seal)
    if verdict.fault:
        return [verdict.fault]
    wrong = project_again(house.store.db).items()
    faults = [f"{rows} rows of {table} do not follow from the log" for table, rows in wrong if rows]
    key_id = house.store.head().key_id
    today = [entry for entry in Reader(house.database).events_after(0, 1 << 62) if entry.header.key_id == key_id]
    faults += faults_of_people_inside(house) + faults_of_tickets(house, today) + faults_of_calls(today)
    return faults + faults_of_the_key(house)


def faults_of_people_inside(house: House) -> list[str]:
    """The occupancy is the number of open visits."""
    counted, open_visits = house.store.db.execute(
        "SELECT (SELECT ifnull(sum(inside), 0) FROM occupancy), (SELECT count(*) FROM visit WHERE left_ms IS NULL)"
    ).fetchone()
    return [] if counted == open_visits else [f"{counted} people inside, but {open_visits} open visits"]


def faults_of_tickets(house: House, today: list[Entry]) -> list[str]:
    """Each line's numbers count from 1 without gap or double, and each has its place in the queue and its paper."""
    lines, promised = defaultdict[tuple[str, str], list[int]](list), dict[int, str]()
    kinds = (EntryKind.SCAN, EntryKind.DESK)  # with the check-in, or by staff later
    for entry, body in ((entry, entry.body or {}) for entry in today if entry.header.kind in kinds):
        if "ticket" not in body:
            continue
        number = TicketNumber(**body["ticket"])
        lines[number.series, body.get("queue", {}).get("half", "")].append(number.number)
        promised[body.get("names", entry.sequence)] = str(number)
    faults = [
        f"ticket numbers of {line} are doubled or missing: {numbers}"
        for line, numbers in lines.items()
        if numbers != list(range(1, len(numbers) + 1))
    ]
    return faults + faults_of_rows(house, promised) + faults_of_paper(house, promised)


def faults_of_rows(house: House, promised: dict[int, str]) -> list[str]:
    """The visits that have a number have a ticket in the queue, and no other has."""
    rows = house.store.db.execute("SELECT id FROM queue_ticket WHERE key_id = ?", (house.store.head().key_id,))
    alone = {visit for (visit,) in rows} ^ promised.keys()
    return [f"visit {visit} has a number or a ticket in the queue, but not both" for visit in sorted(alone)]


def faults_of_paper(house: House, promised: dict[int, str]) -> list[str]:
    """The papers that wait for the printer have the numbers that the log promises."""
    paper = house.store.db.execute("SELECT visit, number FROM spool WHERE number <> '' ORDER BY visit").fetchall()
    if len(paper) != len(promised):
        return [f"{len(promised)} ticket numbers, but {len(paper)} tickets in the spool"]
    wrong = [visit for (visit, number) in paper if promised.get(visit) != number]
    return [f"the paper of visit {visit} has not its number" for visit in wrong]


def faults_of_calls(today: list[Entry]) -> list[str]:
    """Nobody is at two counters, nor two people at one; each act goes out from what the one before it left."""
    faults, at, acted = list[str](), dict[int, str](), dict[int, int]()
    for entry in today:
        for change in changes(entry):
            if isinstance(change, Issued):
                acted[change.ticket.id] = entry.sequence
            if isinstance(change, Ended):
                at = {ticket: counter for ticket, counter in at.items() if not change.first <= ticket <= change.last}
        if entry.header.kind == EntryKind.CALL and entry.body:
            faults += [f"entry {entry.sequence}: {fault}" for fault in _faults_of_act(entry.body, at, acted)]
    return faults


def _faults_of_act(body: Body, at: dict[int, str], acted: dict[int, int]) -> list[str]:
    """Follow an act: *at* which counter each ticket is, and which entry *acted* on it last."""
    counter, faults = body["counter"], []
    for move in body["moves"]:
        ticket, (before, after) = move["ticket"], move.get("acted", (None, None))
        if (last := acted.get(ticket)) != before:
            faults.append(f"ticket {ticket} was taken as entry {before} had left it, not entry {last}")
        acted[ticket] = after
        if "state" in move and move["state"][1] not in AT_COUNTER:
            at.pop(ticket, None)
    for ticket in [move["ticket"] for move in body["moves"] if move.get("state", ("", ""))[1] in AT_COUNTER]:
        if at.get(ticket, counter) != counter:
            faults.append(f"ticket {ticket} is called to counter {counter} while it is at {at[ticket]}")
        at[ticket] = counter
    if list(at.values()).count(counter) > 1:
        faults.append(f"two people are at counter {counter}")
    return faults


def faults_of_the_key(house: House) -> list[str]:
    """The key in use is the one that the log names, and of the days before none is left in the key file."""
    keys = [key_id for _, key_id, _ in Reader(house.database).day_keys()]
    file = (house.data / "day.key").read_bytes()
    faults = [f"the key {old.hex()} of a day that is over was not destroyed" for old in keys[:-1] if old in file]
    if keys and not keys[-1] == house.vault.key_id == house.store.head().key_id:
        faults.append(f"key {house.vault.key_id.hex()} is in use, the log names {keys[-1].hex()}")
    return faults
