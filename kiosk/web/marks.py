"""For whom a view is: every one says it, and an app with one that does not is not served."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from flask import Flask

View = TypeVar("View", bound=Callable[..., Any])

FOR_ALL = "all"
_UNMARKED = ("static",)  # Flask's own


def opens_for(whom: str) -> Callable[[View], View]:
    """The view is for *whom*."""

    def mark(view: View) -> View:
        cast(Any, view).opens_for = whom
        return view

    return mark


def for_all(view: View) -> View:
    """The view is for whoever reaches the machine, and shows nothing of people."""
    return opens_for(FOR_ALL)(view)


def whom(app: Flask, endpoint: str | None) -> str:
    """For whom the view of *endpoint* is; an address that leads nowhere tells everybody so."""
    return FOR_ALL if endpoint in (None, *_UNMARKED) else str(_mark(app, endpoint))


def demand_marks(app: Flask, endpoints: Iterable[str]) -> None:
    """Call it when every view is there. Raises ValueError where one of *endpoints* has no mark."""
    if unmarked := [name for name in sorted(endpoints) if name not in _UNMARKED and _mark(app, name) is None]:
        raise ValueError(f"nobody said who may open {', '.join(unmarked)}")


def _mark(app: Flask, endpoint: str) -> str | None:
    return getattr(app.view_functions.get(endpoint), "opens_for", None)
