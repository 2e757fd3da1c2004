"""The contact query as text, in DuckDB's dialect: what every engine runs, word for word or translated.

``stay`` has a row for each stay (``rules.contacts.Stay``), with the day key that *who* stands under; ``asked`` the
stays of whom it is asked, ``self`` their pseudonyms. A pseudonym has 128 bits that look random, so it is nobody else's
under another key. ``rules.contacts`` is the reference: a property test holds each text to it. Nobody is joined with
everybody: stays are bounded, so that those near another begin within one range; where it is only asked whether
somebody was met at all, that is looked up in a running maximum.
"""

from __future__ import annotations

from kiosk.rules.contacts import Question

STAY = ("key_id", "who", "place", "came_ms", "surely_came_ms", "surely_went_ms", "went_ms")
ASKED = STAY[2:]
SELF = ("who",)
DAY = ("place", "from_ms", "until_ms")  # see ``count``
CONTACT = ("who", "first_ms")
MET = ("encounters", "sure_encounters", "possible_ms", "certain_ms", "first_ms", "last_ms")  # rules.contacts.Contact

_MET = """
SELECT w.key_id AS key_id, w.who AS who,
       greatest(i.came_ms, w.came_ms) AS first_ms, least(i.went_ms + {tail_ms}, w.went_ms) AS last_ms,
       greatest(0, least(i.surely_went_ms + {tail_ms}, w.surely_went_ms)
                   - greatest(i.surely_came_ms, w.surely_came_ms)) AS certain_ms
FROM {asked} AS i JOIN {near} AS w ON {where}
WHERE least(i.went_ms + {tail_ms}, w.went_ms) - greatest(i.came_ms, w.came_ms) >= {least_ms}
"""

_SUMMED = """
SELECT key_id, who, count(*) AS encounters,
       sum(CASE WHEN certain_ms >= {least_ms} THEN 1 ELSE 0 END) AS sure_encounters,
       sum(last_ms - first_ms) AS possible_ms, sum(certain_ms) AS certain_ms,
       min(first_ms) AS first_ms, max(last_ms) AS last_ms
FROM ({met}) AS met
WHERE who NOT IN (SELECT who FROM self)
GROUP BY key_id, who
ORDER BY key_id, who
"""

# A stay lies in the bucket in which it began, so each pair is met once; an engine can hash on it.
_BUCKETED = """
SELECT *, unnest(generate_series((came_ms - {longest_ms}) // {longest_ms},
                                 (went_ms + {tail_ms} - {least_ms}) // {longest_ms})) AS bucket
FROM asked
"""

_RANGE = (
    "w.place = i.place AND w.came_ms >= i.came_ms - {longest_ms} AND w.came_ms <= i.went_ms + {tail_ms} - {least_ms}"
)

# With both at least so long, two stays overlap for so long just where one begins early and ends late enough.
_LOOKED_UP = """
WITH theirs AS ({theirs}), reach AS (
    SELECT place, came_ms, max(max(went_ms)) OVER (PARTITION BY place ORDER BY came_ms) AS went_ms
    FROM theirs GROUP BY place, came_ms
)
SELECT DISTINCT w.key_id AS key_id, w.who AS who
FROM (SELECT key_id, who, place, came_ms, went_ms - {least_ms} AS latest_ms FROM stay
      WHERE went_ms - came_ms >= {least_ms}) AS w
ASOF JOIN reach AS r ON r.place = w.place AND r.came_ms <= w.latest_ms
WHERE r.went_ms >= w.came_ms + {least_ms} AND w.who NOT IN (SELECT who FROM self)
"""

_OF_ASKED = """
    SELECT place, came_ms, went_ms + {tail_ms} AS went_ms FROM asked WHERE went_ms + {tail_ms} - came_ms >= {least_ms}
"""

_OF_CONTACTS = """
    SELECT s.place AS place, greatest(s.came_ms, c.first_ms) AS came_ms, s.went_ms + {tail_ms} AS went_ms
    FROM their_stay AS s JOIN contact AS c ON c.who = s.who
    WHERE s.went_ms > c.first_ms AND s.went_ms + {tail_ms} - greatest(s.came_ms, c.first_ms) >= {least_ms}
"""

_PRESENT = """
SELECT count(DISTINCT w.who) AS present
FROM asked_day AS d JOIN stay AS w
     ON w.place = d.place AND w.came_ms >= d.from_ms - {longest_ms} AND w.came_ms < d.until_ms
WHERE w.went_ms >= d.from_ms AND w.who NOT IN (SELECT who FROM self)
"""


def first_order(question: Question) -> str:
    """Everybody who was present with those asked of, by key and who: for few stays asked of, over sorted stays."""
    return _summed(question, _met(question, "asked", "stay", _RANGE))


def first_order_of_many(question: Question) -> str:
    """The same for many who are asked of at once: by buckets of time, which engines hash."""
    near = "(SELECT *, came_ms // {longest_ms} AS bucket FROM stay)"
    return _summed(question, _met(question, f"({_BUCKETED})", near, f"w.bucket = i.bucket AND {_RANGE}"))


def met_at_all(question: Question) -> str:
    """Whom ``first_order`` would name, and no more of them."""
    return _filled(_LOOKED_UP.replace("{theirs}", _OF_ASKED), question)


def present(question: Question) -> str:
    """How many stays touch the days in ``asked_day`` at their places; ``rules.plain_engine.days_of`` has those."""
    return _filled(_PRESENT, question)


def second_order(question: Question) -> str:
    """Who was present with somebody in ``contact`` (who, first_ms) from then on.

    ``their_stay`` has the stays of these (``stay`` may have more than them, or be it); ``self`` has these and those
    asked of before, who are not named again.
    """
    return _filled(_LOOKED_UP.replace("{theirs}", _OF_CONTACTS), question)


def _met(question: Question, asked: str, near: str, where: str) -> str:
    text = _MET.replace("{asked}", asked).replace("{near}", near).replace("{where}", where)
    return _filled(text, question)


def _summed(question: Question, met: str) -> str:
    return _filled(_SUMMED.replace("{met}", met), question)


def _filled(text: str, question: Question) -> str:
    numbers = {"least_ms": question.least_ms, "tail_ms": question.tail_ms, "longest_ms": question.longest_ms}
    for name, number in numbers.items():
        text = text.replace(f"{{{name}}}", str(int(number)))
    return text
