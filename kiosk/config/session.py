"""[session]: what a session's papers say."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.config.reading import SettingsError, setting


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """[session]"""

    address: str = setting("", "Address of the place, as it is read aloud; empty for the name alone.")
    bring: str = setting(
        "căn cước hoặc giấy tờ có số định danh, thẻ bảo hiểm y tế", "What people bring, in Vietnamese."
    )
    bring_en: str = setting("an ID card or a paper with your ID number, your insurance card", "The same in English.")
    start: str = setting("", "Local time HH:MM of the first invitations; empty for the opening.", form="time or never")
    end: str = setting("", "Local time HH:MM of the end of invitations; empty for closing.", form="time or never")
    per_quarter_hour: int = setting(0, "People who can be taken in a quarter hour; 0 invites without times.", least=0)
    topics: tuple[str, ...] = setting(
        ("Sai họ tên", "Thiếu mũi tiêm", "Sai ngày tiêm", "Khác"), "Topics of feedback slips; never a person's words."
    )


def check_session(file: str, session: SessionSettings) -> None:
    """Raises SettingsError where settings that are right by themselves do not go together."""
    if session.start and session.end and session.end <= session.start:
        raise SettingsError(f"{file}: [session] end must be after {session.start}, not {session.end!r}")
    if not all(session.topics) or len(set(session.topics)) != len(session.topics) or not session.topics:
        raise SettingsError(f"{file}: [session] topics must be one or more different texts, not {session.topics!r}")
