"""An opening: what a tracing team is allowed to ask about one case, recorded before anything is handed out to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from kiosk.rules.contacts import Question
from kiosk.rules.identity import clean_text
from kiosk.rules.tracing import Scope

LONGEST_CASE, LONGEST_REASON = 40, 200
LASTS_MS = 24 * 3_600_000
MOST_SITES = 5_000
LONGEST_WINDOW_MS = 60 * 86_400_000
LONGEST_TAIL_MS = 24 * 3_600_000


class Search(StrEnum):
    """How the case is named. Only a kind: what was typed never leaves the console."""

    NUMBER = "number"
    INSURANCE = "insurance"
    QID = "qid"
    SLIP = "slip"
    PHONE = "phone"  # the one that needs every sealed identity of the scope: nothing else holds a phone
    PLACE = "place"


DOCUMENTS = (Search.NUMBER, Search.INSURANCE, Search.QID, Search.SLIP)  # one person may have several


class State(StrEnum):
    """Where an opening stands."""

    WAITING = "waiting"  # for a second person
    OPEN = "open"
    REFUSED = "refused"
    ENDED = "ended"


class Fault(StrEnum):
    """Why something of an opening cannot be, or not any more."""

    NO_CASE = "no_case"
    NO_REASON = "no_reason"
    WINDOW = "window"
    QUESTION = "question"
    SITES = "sites"
    UNKNOWN = "unknown"
    NOT_YOURS = "not_yours"
    OWN = "own"
    WAITING = "waiting"
    REFUSED = "refused"
    OVER = "over"
    BEYOND = "beyond"
    NOT_FOUND = "not_found"


# In Vietnamese and English.
SENTENCES: dict[Fault, tuple[str, str]] = {
    Fault.NO_CASE: (
        f"Hãy ghi số ca, nhiều nhất {LONGEST_CASE} ký tự.",
        f"Say the case number, of at most {LONGEST_CASE} characters.",
    ),
    Fault.NO_REASON: (
        f"Hãy ghi lý do, nhiều nhất {LONGEST_REASON} ký tự.",
        f"Say the reason, of at most {LONGEST_REASON} characters.",
    ),
    Fault.WINDOW: (
        "Khoảng thời gian phải có đầu trước cuối và không dài quá 60 ngày.",
        "The time asked about ends after it begins, and is no longer than 60 days.",
    ),
    Fault.QUESTION: (
        "Số phút tối thiểu phải từ 1; thời gian lưu khí không quá 24 giờ.",
        "At least one minute together counts; what stays in the air does so for 24 hours at most.",
    ),
    Fault.SITES: ("Tên điểm không hợp lệ, hoặc quá nhiều điểm.", "A site's name is none, or there are too many."),
    Fault.UNKNOWN: ("Không có lần mở ca này.", "There is no such opening."),
    Fault.NOT_YOURS: ("Ca này do người khác mở.", "Somebody else has asked for this opening."),
    Fault.OWN: ("Người thứ hai phải duyệt, không phải người đã xin.", "Another person approves than the one who asks."),
    Fault.WAITING: ("Ca này còn chờ người thứ hai duyệt.", "This opening waits for a second person's approval."),
    Fault.REFUSED: ("Người thứ hai đã từ chối mở ca này.", "The second person has refused this opening."),
    Fault.OVER: ("Lần mở ca này đã kết thúc; hãy mở lại.", "This opening is over; ask for another."),
    Fault.BEYOND: ("Câu hỏi vượt ra ngoài phạm vi đã mở.", "This asks beyond the scope that was opened."),
    Fault.NOT_FOUND: (
        "Chỉ được xem danh tính của người đã tìm thấy trong ca này.",
        "Only the identities of people whom this case has found are handed out.",
    ),
}


class OpeningFault(Exception):  # noqa: N818  # a refusal, said in a sentence
    """An opening, or a question under it, that cannot be: *fault* says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(SENTENCES[fault][1])
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants opened: for which case and why, by which kind of search, where and when, what counts."""

    case_number: str
    reason: str
    search: Search
    scope: Scope
    question: Question
    second_order: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """An opening as it stands. *found* of those *present*, and *named*: what its end said."""

    id: int
    request: Request
    asked_by: str
    asked_ms: int
    state: State
    decided_by: str = ""
    decided_ms: int | None = None
    ended_ms: int | None = None
    found: int = 0
    named: int = 0
    present: int = 0

    def touches(self, site: str) -> bool:
        """Whether people of *site* may be in the answer."""
        return not self.request.scope.sites or site in self.request.scope.sites


def checked(request: Request) -> Request:
    """*request* with its words made clean. Raises OpeningFault."""
    case_number, reason = clean_text(request.case_number, LONGEST_CASE + 1), clean_text(request.reason, 1000)
    faults = {
        Fault.NO_CASE: not 0 < len(case_number) <= LONGEST_CASE,
        Fault.NO_REASON: not 0 < len(reason) <= LONGEST_REASON,
        Fault.WINDOW: not 0 < request.scope.until_ms - request.scope.from_ms <= LONGEST_WINDOW_MS,
        Fault.QUESTION: request.question.least_ms < 60_000 or not 0 <= request.question.tail_ms <= LONGEST_TAIL_MS,
        Fault.SITES: len(request.scope.sites) > MOST_SITES or not all(request.scope.sites),
    }
    for fault, is_so in faults.items():
        if is_so:
            raise OpeningFault(fault)
    return replace(request, case_number=case_number, reason=reason)


def reach(request: Request) -> Scope:
    """All that may be asked under *request*: its scope, and beside it the stays that a stay within can overlap."""
    beside_ms = request.question.longest_ms + request.question.tail_ms
    scope = request.scope
    return Scope(scope.from_ms - beside_ms, scope.until_ms + beside_ms, scope.by, scope.sites)


def demand_within(opened: Request, scope: Scope, question: Question | None = None) -> None:
    """Raises OpeningFault where *scope* or *question* go beyond what was *opened*.

    Longer minutes may be asked for. A phone is looked for among everybody who was there at all.
    """
    whole = reach(opened)
    inside = whole.from_ms <= scope.from_ms and scope.until_ms <= whole.until_ms
    same = scope.by is opened.scope.by or opened.search is Search.PHONE
    fewer = not opened.scope.sites or (bool(scope.sites) and scope.sites <= opened.scope.sites)
    if not (inside and same and fewer and (question is None or _is_of(opened, question))):
        raise OpeningFault(Fault.BEYOND)


def _is_of(opened: Request, question: Question) -> bool:
    least_ms = 0 if opened.search is Search.PHONE else opened.question.least_ms
    return question.least_ms >= least_ms and replace(question, least_ms=0) == replace(opened.question, least_ms=0)


def usable(opening: Opening | None, by: str, now_ms: int) -> Opening:
    """*opening*, where *by* may ask under it at *now_ms*. Raises OpeningFault."""
    if opening is None:
        raise OpeningFault(Fault.UNKNOWN)
    if opening.asked_by != by:
        raise OpeningFault(Fault.NOT_YOURS)
    barred = {State.WAITING: Fault.WAITING, State.REFUSED: Fault.REFUSED, State.ENDED: Fault.OVER}
    if opening.state in barred:
        raise OpeningFault(barred[opening.state])
    since_ms = opening.asked_ms if opening.decided_ms is None else opening.decided_ms
    if now_ms - since_ms > LASTS_MS:
        raise OpeningFault(Fault.OVER)
    return opening
