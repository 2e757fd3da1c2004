"""What a page is made of, as a browser reads it: its elements, and its forms with their fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

Attributes = dict[str, str]


@dataclass(slots=True)
class Form:
    """A form of a page: where it goes, and what it sends by itself."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """A page that was read."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Attributes]] = []
        self.forms: list[Form] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One element begins."""
        given = {name: value or "" for name, value in attrs}
        self.elements.append((tag, given))
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").upper()))
        elif tag in ("input", "textarea", "select", "button") and given.get("name") and self.forms:
            self.forms[-1].fields.setdefault(given["name"], given.get("value", ""))

    def active(self) -> list[str]:
        """What a browser would run, or load, that no page of ours has: the policy would stop it, but it must not be."""
        return [
            f"<{tag} {attributes}>"
            for tag, attributes in self.elements
            if any(name.startswith("on") or not name.replace("-", "").replace(":", "").isalnum() for name in attributes)
            or (tag == "script" and not attributes.get("src", "").startswith("/static/"))
            or (tag in ("img", "link", "iframe", "object", "embed") and not ours(attributes))
            or any(value.strip().lower().startswith(("javascript:", "data:")) for value in attributes.values())
        ]


def ours(attributes: Attributes) -> bool:
    """Whether what an element loads is of the kiosk."""
    return (attributes.get("src") or attributes.get("href") or "").startswith("/")
