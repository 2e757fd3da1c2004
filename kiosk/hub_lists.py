"""Registration lists that a hub sends: drafts, read beside the door like those that a tablet brings."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.door_socket import Message, RequestError
from kiosk.hub_day import BY
from kiosk.rules.list_drafts import Refusal
from kiosk.taken_down import Reading

TAKEN, REFUSED, BUSY = "taken", "refused", "busy"

MOST_DRAFTS = 5  # so that a hub cannot fill the disk
MOST_TRIES = 3  # what broke the work on lists so often is no list

Lists = Callable[[Message, bytes], tuple[Message, bytes]]
Became = tuple[str, Reading | None, str]


class HubLists:
    """Hands lists to *lists*, which works on them as ``kiosk.list_office`` says."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists

    def take(self, number: int, name: str, day: str, content: bytes, before: Reading | None) -> Became:
        """What has become of the list of order *number*, what is being read from now on, and why not.

        *before* is what was being read. It is asked again and again until it is not BUSY.
        """
        mine = before if before and before.number == number else None
        try:
            found = self._found(mine) if mine else None
            return found or self._begun(number, name, day, content, mine.tries if mine else 0)
        except RequestError as error:
            tries = mine.tries + 1 if mine else 1
            return (REFUSED, None, str(error)) if tries > MOST_TRIES else (BUSY, Reading(number, "", tries), str(error))

    def _begun(self, number: int, name: str, day: str, content: bytes, tries: int) -> Became:
        if tries >= MOST_TRIES:
            return REFUSED, None, "the work on lists ended each time that this one was read"
        drafts = self._lists({"act": "overview", "by": BY}, b"")[0]["drafts"]
        if sum(BY in one["hands"] for one in drafts) >= MOST_DRAFTS:
            return REFUSED, None, f"{MOST_DRAFTS} lists of the hub wait already for staff to look at them"
        answer, _ = self._lists({"act": "take", "by": BY, "name": name, "day": day}, content)
        if refused := answer.get("refused"):
            busy = refused["why"] == Refusal.BUSY.name
            return (BUSY if busy else REFUSED), None, str(refused["en"])
        return BUSY, Reading(number, str(answer["list"]), tries + 1), "the list is being read"

    def _found(self, mine: Reading) -> Became | None:
        """What has become of the list that was being read; None where it was lost meanwhile."""
        job, _ = self._lists({"act": "job", "by": BY, "list": mine.id or "0"}, b"")
        if job and not job["done"]:
            return BUSY, mine, "the list is being read"
        if job:
            return (REFUSED if job["fault"] else TAKEN), None, str(job["fault"])
        kept, _ = self._lists({"act": "overview", "by": BY}, b"")
        known = [one["id"] for one in (*kept["lists"], *kept["drafts"])]
        return (TAKEN, None, "") if mine.id in known else None
