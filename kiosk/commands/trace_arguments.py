"""What ``kiosk trace`` takes."""

from __future__ import annotations

import argparse

from kiosk.commands.arguments import whole_number
from kiosk.rules.tracing import By
from kiosk.tracing.handing_on import FORMS


def trace_arguments(sub: argparse.ArgumentParser) -> None:
    """Who, where, when, and what becomes of the answer."""
    sub.add_argument("--number", metavar="N", action="append", help="who: an ID card's number")
    sub.add_argument("--insurance", metavar="N", action="append", help="who: an insurance number")
    sub.add_argument("--qid", metavar="Q", action="append", help="who: the QID of a unified code")
    sub.add_argument(
        "--slip",
        metavar="TEXT",
        action="append",
        help="who: the text of a slip's or a ticket's code; these four again and together: all of one person",
    )
    sub.add_argument("--phone", metavar="N", help="who: a phone number; every identity of --site is looked through")
    sub.add_argument("--site", metavar="SITE", action="append", help="only at this site (again: at this one, too)")
    sub.add_argument("--zone", metavar="ZONE", help="without a person: who was in this part of --site")
    sub.add_argument("--from", dest="since", metavar="TIME", help="from this time on (ISO 8601)")
    sub.add_argument("--until", metavar="TIME", help="until this time (ISO 8601)")
    sub.add_argument("--onset", metavar="DAY", help="the first day of illness (ISO 8601); counts instead of today")
    sub.add_argument("--days", type=whole_number(0, 60), default=3, metavar="N", help="days back from there (3)")
    sub.add_argument(
        "--minutes", type=whole_number(1, 1440), default=15, metavar="N", help="least minutes together (15)"
    )
    sub.add_argument("--tail", type=whole_number(0, 1440), default=30, metavar="N", help="minutes that air stays (30)")
    sub.add_argument("--by", choices=tuple(By), default=By.ZONE, help="same part of a site (zone), or same site")
    sub.add_argument("--second-order", action="store_true", help="and who was present with them from then on")
    sub.add_argument("--count-only", action="store_true", help="only how many it would be, of how many")
    sub.add_argument("--case", metavar="NO", help="the case number, for the record")
    sub.add_argument("--reason", metavar="TEXT", help="why, for the record")
    sub.add_argument("--key", metavar="FILE", action="append", help="the tracing key (again: those before it)")
    sub.add_argument("--hub", metavar="URL", help="ask this hub")
    sub.add_argument("--ca", metavar="CA", help="the hub's CA certificate, or its fingerprint (SHA-256)")
    sub.add_argument("--user", metavar="NAME", help="who signs in there")
    sub.add_argument("--password-file", metavar="FILE", help="where the password stands; - for standard input")
    sub.add_argument("--code", metavar="CODE", help="the 6 digits of the second factor")
    sub.add_argument(
        "--opening", type=whole_number(1, 2**53), metavar="N", help="go on with this opening, once approved"
    )
    sub.add_argument("--engine", metavar="E", help="at a hub: duckdb, or a cluster as spark://HOST:PORT")
    sub.add_argument("--lake", metavar="DIR", help="at a hub: another lake than its own")
    sub.add_argument("--out", metavar="FILE", help="write the list to a new file")
    sub.add_argument("--format", choices=sorted(FORMS), default="csv", help="how (csv)")
    sub.add_argument("--recipient", metavar="AGE", help="seal the file to this recipient of age")
    sub.add_argument("--their-case", metavar="ID", help="what the system that gets the file calls the case")
    sub.add_argument("--page", action="store_true", help="a page on this machine instead")
