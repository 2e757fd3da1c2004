"""The words of the product as frozen values. Imports nothing of ours.

Times are whole milliseconds since 1970-01-01T00:00Z in names that end in ``_ms``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Direction(StrEnum):
    """Which way a gate lets people pass, or a person passed."""

    IN = "in"
    OUT = "out"
    BOTH = "both"


class Kind(StrEnum):
    """What a reading turned out to be."""

    ID_CARD = "cccd"
    INSURANCE = "bhyt"
    UNIFIED = "unified"
    SLIP = "slip"
    TYPED = "typed"
    DCC = "dcc"  # EU Digital COVID Certificate, also Viet Nam's
    SHC = "shc"  # SMART Health Card
    NZCP = "nzcp"  # NZ COVID Pass
    VDS_NC = "vds-nc"  # ICAO visible digital seal, non-constrained
    VCARD = "vcard"
    MECARD = "mecard"
    COMPANION = "companion"  # somebody without a code, whom staff attached to a visit
    NAMED = "named"  # somebody without a document, by the name they said
    UNNAMED = "unnamed"  # one of a group that staff counted in
    PAPER = "paper"  # registered on a paper form
    PLACE = "place"
    PAYMENT = "payment"
    WIFI = "wifi"
    LINK = "link"
    UNKNOWN = "unknown"
    NONE = "none"  # a picture without any readable code


class Check(StrEnum):
    """What could be proven about a credential."""

    VALID = "valid"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    BAD_SIGNATURE = "bad_signature"
    NO_KEY = "no_key"
    MALFORMED = "malformed"
    UNSIGNED = "unsigned"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What the door decided."""

    ADMITTED = "admitted"
    LET_OUT = "let_out"
    ALREADY_IN = "already_in"
    ALREADY_OUT = "already_out"
    WAITING = "waiting"
    ASK_CONSENT = "ask_consent"
    ASK_STAFF = "ask_staff"
    ASK_MORE = "ask_more"
    REFUSED = "refused"
    PASSED_UNRECORDED = "passed_unrecorded"
    REPEAT = "repeat"  # the same code still held; nothing is recorded or announced


class Reason(StrEnum):
    """Why. Every reason has a sentence, a lamp and a sound in ``rules/messages.py``."""

    WELCOME = "welcome"
    WELCOME_AGAIN = "welcome_again"  # an older visit without an exit was closed as inferred
    GOODBYE = "goodbye"
    GOODBYE_EARLY = "goodbye_early"  # before the time of observation is over
    GOODBYE_LIKELY = "goodbye_likely"  # matched by name and birth year, not by number
    GOODBYE_UNMATCHED = "goodbye_unmatched"  # nobody with this code is known inside
    EXIT_UNREAD = "exit_unread"  # at an exit, a code that names nobody
    ALREADY_IN = "already_in"
    ALREADY_OUT = "already_out"
    FULL = "full"
    CLOSED = "closed"  # staff stopped arrivals for today
    CONSENT = "consent"
    LIKELY_INSIDE = "likely_inside"
    NEXT_PART = "next_part"  # one of several codes that make one certificate
    NO_ID = "no_id"  # the site asks for an ID number, and the code has none
    UNLISTED = "unlisted"  # not on the list of the day
    OTHER_SITE = "other_site"  # on the list, for another site
    PLACE_CODE = "place_code"
    PAYMENT_CODE = "payment_code"
    WIFI_CODE = "wifi_code"
    LINK_CODE = "link_code"
    UNKNOWN_CODE = "unknown_code"
    MALFORMED = "malformed"
    SLIP_FORGED = "slip_forged"
    SLIP_EXPIRED = "slip_expired"
    SLIP_BLOCKED = "slip_blocked"  # lost or stolen, as the hub says
    CERTIFICATE_FORGED = "certificate_forged"
    NOT_RECORDED = "not_recorded"
    HELP = "help"  # the assistance button


class Unlisted(StrEnum):
    """What the door does with somebody who is not on the list of the day."""

    ACCEPT = "accept"
    ASK_STAFF = "ask_staff"
    REFUSE = "refuse"


class Listed(StrEnum):
    """Where a person stands on the site's registration lists."""

    NO_LIST = "no_list"  # no list is in force today
    ON_TIME = "on_time"
    EARLY = "early"
    LATE = "late"
    UNLISTED = "unlisted"
    OTHER_SITE = "other_site"


@dataclass(frozen=True, slots=True)
class Listing:
    """What the registration lists say of a person: their unit (organisation), and when they are due (local time)."""

    listed: Listed = Listed.NO_LIST
    unit: str = ""
    due: str = ""


class Lamp(StrEnum):
    """What the lamp at the gate shows."""

    OFF = "off"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    GREEN_AMBER = "green_amber"  # passed, but not recorded: never plain green


class Sound(StrEnum):
    """A buzzer pattern; its beats are in ``rules/messages.py``."""

    NONE = "none"
    OK = "ok"
    BYE = "bye"
    ASK = "ask"
    REFUSED = "refused"
    UNRECORDED = "unrecorded"


class ClockState(StrEnum):
    """How far wall time may be trusted when it was read."""

    SET = "set"  # kept by a time server or a working hardware clock
    STATED = "stated"  # given on the command line, for one thing that happened
    TOLD = "told"  # staff or the hub said what time it was; the machine has been running since
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Moment:
    """One reading of the clocks: wall time as read, and what allows to repair it later."""

    wall_ms: int
    monotonic_ms: int
    boot_id: str
    clock: ClockState


@dataclass(frozen=True, slots=True)
class Reading:
    """Bytes that a scanner got from one code (or a person typed), with source and time."""

    data: bytes
    source: str
    at: Moment
    typed: bool = False
    decode_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Person:
    """What a code says of its holder; every field may be empty.

    ``birth`` is ISO 8601 with the precision printed: ``1985-03-02`` or ``1985``.
    ``sex`` is ``M``, ``F`` or empty. ``number`` may hold ``*`` where the code masks it.
    ``name_key`` is the name as the code itself gives it for comparing, in A to Z and single spaces, where
    it does: a certificate's transliteration. What to compare is ``identity.name_key``.
    """

    name: str = ""
    birth: str = ""
    sex: str = ""
    number: str = ""
    phone: str = ""
    address: str = ""
    name_key: str = ""


@dataclass(frozen=True, slots=True)
class Credential:
    """What a reading turned out to be.

    ``kind`` is one of Kind, or a name that the site's settings give to a pattern of its own.
    ``holder_id`` is the stable identifier inside it (``id:…`` a 12- or 9-digit number, ``bhxh:…`` an
    insurance number, ``qid:…`` the unified code's, ``partial:…`` all that a starred one shows,
    ``named:…`` a certificate's name and birth date, ``slip:…`` ours), ``also`` further identifiers of
    the same holder. Both are empty where the code names nobody; ``refusal`` then says why.
    ``fields`` are for ``kiosk read``; ``detail`` is one English sentence for people who debug.
    """

    kind: str
    check: Check
    holder_id: str = ""
    also: tuple[str, ...] = ()
    person: Person = Person()
    refusal: Reason | None = None
    detail: str = ""
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gate:
    """One entrance of the site."""

    id: str
    name: str
    direction: Direction
    zone: str = ""


@dataclass(frozen=True, slots=True)
class TicketNumber:
    """A number in a service's queue, as shown: ``A001``."""

    service: str
    series: str
    number: int

    def __str__(self) -> str:
        return f"{self.series}{self.number:03d}"


@dataclass(frozen=True, slots=True)
class Queued:
    """A number just given: its service by name, people in front, the wait in whole minutes where one is known.

    *serving* is the number called last; empty where none was.
    """

    number: TicketNumber
    service: str
    ahead: int
    wait_min: tuple[int, int] | None = None
    serving: str = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """All that the paper says. Texts are ready to print; ``slip_code`` is the text of the QR code."""

    site: str
    gate: str
    service: str
    number: str
    people_ahead: int
    issued: str  # local time, as printed
    slip_code: str
    guidance: tuple[str, ...]
    about: str = ""  # said below the number, instead of who is ahead
    wait_min: tuple[int, int] | None = None
    serving: str = ""
    copy: bool = False
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Announcement:
    """What lamp, buzzer and display say to one person; made from a decision after its commit."""

    outcome: Outcome
    reason: Reason
    lamp: Lamp
    sound: Sound
    vi: str
    en: str
    ticket: str = ""  # the number, large
    holder: str = ""  # at most initials and birth year
    place: int = 0  # in the waiting order, when the site is full
    hold_s: float = 4.0  # how long the lamp stays
    gate: str = ""  # where it is shown; empty: at every gate
