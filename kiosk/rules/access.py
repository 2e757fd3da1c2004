"""Who may do what: roles of staff, and the rights that each has."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody is at the site."""

    VOLUNTEER = "volunteer"
    STAFF = "staff"
    SUPERVISOR = "supervisor"
    TRACER = "tracer"
    ADMIN = "admin"


class Right(StrEnum):
    """What somebody may do. People of today are seen masked; more needs a right of its own."""

    SEE = "see"
    HELP = "help"  # check in by hand, register, print again
    OVERRULE = "overrule"  # let in beyond the limits
    QUEUE = "queue"  # counters, the session's papers, feedback
    UNMASK = "unmask"
    CORRECT = "correct"
    DAY = "day"  # settings of the day
    LISTS = "lists"
    APPROVE = "approve"  # as the second person, what another has imported
    HOUSE = "house"  # devices and their tests
    PRIVACY = "privacy"  # requests of people about their own data
    TRACE = "trace"
    EXPORT = "export"
    ADMIN = "admin"  # accounts, devices, sessions


_VOLUNTEER = frozenset({Right.SEE, Right.HELP})
_STAFF = _VOLUNTEER | {Right.OVERRULE, Right.QUEUE, Right.UNMASK, Right.LISTS, Right.HOUSE, Right.PRIVACY}
_SUPERVISOR = _STAFF | {Right.CORRECT, Right.DAY, Right.APPROVE}

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VOLUNTEER: _VOLUNTEER,
    Role.STAFF: _STAFF,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.TRACER: frozenset({Right.SEE, Right.UNMASK, Right.TRACE, Right.EXPORT, Right.PRIVACY}),
    Role.ADMIN: _SUPERVISOR | {Right.ADMIN},
}
