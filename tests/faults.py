"""What is wrong in a house after it went through something: the one look that several tests take."""

from __future__ import annotations

from kiosk.store.checking import project_again, verify_log
from kiosk.store.reading import Reader
from kiosk.wiring import House


def faults_of(house: House) -> list[str]:
    """What is wrong with log, projections, tickets and keys of *house*, in sentences."""
    verdict = verify_log(house.store.db, house.vault.head_seal)
    if verdict.fault:
        return [verdict.fault]
    wrong = project_again(house.store.db).items()
    faults = [f"{rows} rows of {table} do not follow from the log" for table, rows in wrong if rows]
    return faults + faults_of_people_inside(house) + faults_of_tickets(house) + faults_of_the_key(house)


def faults_of_people_inside(house: House) -> list[str]:
    """The occupancy is the number of open visits."""
    counted, open_visits = house.store.db.execute(
        "SELECT (SELECT ifnull(sum(inside), 0) FROM occupancy), (SELECT count(*) FROM visit WHERE left_ms IS NULL)"
    ).fetchone()
    return [] if counted == open_visits else [f"{counted} people inside, but {open_visits} open visits"]


def faults_of_tickets(house: House) -> list[str]:
    """Under the key in use numbers count from 1 without gap or double, and each has its paper."""
    key_id, faults = house.store.head().key_id, []
    entries = Reader(house.database).events_after(0, 1 << 62)
    bodies = [entry.body for entry in entries if entry.header.key_id == key_id and entry.body]
    numbers = sorted(body["ticket"]["number"] for body in bodies if "ticket" in body)
    if numbers != list(range(1, len(numbers) + 1)):
        faults.append(f"ticket numbers are doubled or missing: {numbers}")
    paper = house.store.db.execute("SELECT count(*) FROM spool").fetchone()[0]
    if paper != len(numbers):
        faults.append(f"{len(numbers)} ticket numbers, but {paper} tickets in the spool")
    return faults


def faults_of_the_key(house: House) -> list[str]:
    """The key in use is the one that the log names, and of the days before none is left in the key file."""
    keys = [key_id for _, key_id, _ in Reader(house.database).day_keys()]
    file = (house.data / "day.key").read_bytes()
    faults = [f"the key {old.hex()} of a day that is over was not destroyed" for old in keys[:-1] if old in file]
    if keys and not keys[-1] == house.vault.key_id == house.store.head().key_id:
        faults.append(f"key {house.vault.key_id.hex()} is in use, the log names {keys[-1].hex()}")
    return faults
