"""``kiosk.toml`` -> frozen dataclasses. An error names file, key, what was expected and what was found.

Every setting is a field with a default, a unit in its name where it has one, and a sentence.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from kiosk.config.backup import BackupSettings
from kiosk.config.devices import DecodingSettings, OutputSettings, PrinterSettings, SourceSettings
from kiosk.config.exports import ExportsSettings
from kiosk.config.house import HouseSettings
from kiosk.config.hub import HubSettings
from kiosk.config.lists import ListsSettings
from kiosk.config.privacy import PrivacySettings, check_privacy
from kiosk.config.queueing import (
    CounterSettings,
    QueueSettings,
    QueueTables,
    ServiceSettings,
    StageSettings,
    check_plan,
    make_plan,
)
from kiosk.config.reading import SettingsError, as_lines, as_table, read_table, setting
from kiosk.config.session import SessionSettings, check_session
from kiosk.config.sync import SyncSettings
from kiosk.config.voice import VoiceSettings, check_voice
from kiosk.config.web import WebSettings
from kiosk.rules.formats.code import Pattern
from kiosk.rules.formats.pattern import compile_pattern
from kiosk.rules.model import Direction, Gate, Unlisted
from kiosk.rules.queueing import Plan

__all__ = ["Consent", "Settings", "SettingsError", "as_lines", "as_table", "load", "parse"]


class Consent(StrEnum):
    """On what ground a person's passage is recorded (domain: Law 91/2025/QH15)."""

    NOTICE = "notice"
    ASK = "ask"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """[site]"""

    id: str = setting("site", "Short name of the place; the same on all its kiosks.", form="id")
    name: str = setting("Điểm tiêm chủng", "Name on ticket, display and pages.")
    timezone: str = setting("Asia/Ho_Chi_Minh", "IANA name of the local time.", form="timezone")
    capacity: int = setting(0, "People allowed inside at once; 0 means no limit.", least=0)
    closes: str = setting(
        "", "Closing time HH:MM: open visits close as inferred; empty for never.", form="time or never"
    )
    consent: Consent = setting(Consent.NOTICE, "Ground of recording: notice, ask (show the code twice) or order.")
    keeper: str = setting("Trạm y tế", "Who keeps the log; named in the notice.")
    keep_days: int = setting(21, "Days until recorded passages are deleted.", least=1)
    contact: str = setting("", "A line with whom to ask for help; printed on the ticket when set.")
    slip_keys: tuple[str, ...] = setting((), "Public slip keys (base64) of this site's other kiosks.", form="key")
    unlisted: Unlisted = setting(
        Unlisted.ACCEPT, "Somebody who is not on the day's registration list: accept, ask_staff or refuse."
    )
    paper_form: bool = setting(True, "Whether somebody unlisted may register here on a paper form.")
    require_id: bool = setting(False, "Whether a code without an ID number sends its holder to staff.")
    early_s: float = setting(1800.0, "Somebody listed who comes this long before the time given is early.", least=0)
    late_s: float = setting(1800.0, "Somebody listed who comes this long after the time given is late.", least=0)


@dataclass(frozen=True, slots=True)
class KioskSettings:
    """[kiosk]"""

    id: str = setting("kiosk-1", "Name of this appliance within the site.", form="id")
    data_disk: str = setting(
        "auto",
        "Where its data must lie: own (a writable device of its own), any, or auto (own if the system is read-only).",
        one_of=("auto", "own", "any"),
    )


@dataclass(frozen=True, slots=True)
class GateSettings:
    """[[gates]]"""

    id: str = setting("main", "Short name of the gate.", form="id")
    name: str = setting("Cổng chính", "Name on display and pages.")
    direction: Direction = setting(Direction.BOTH, "in, out, or both: both decides by who is inside.")
    zone: str = setting("", "Part of the site that people enter through it.")
    series: str = setting("G", "Letters before its numbers where [queue] owner is another kiosk.", form="series")


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """[door]"""

    quiet_s: float = setting(3.0, "The same code within this many seconds is the same presentation.", least=0)
    min_stay_s: float = setting(60.0, "A second scan this soon after the first is not a passage.", least=0)
    forgotten_s: float = setting(28800.0, "After this long inside, the next scan is a new entry.", least=60)
    wait_s: float = setting(1800.0, "How long a place in the waiting order is kept.", least=0)
    consent_s: float = setting(60.0, "How long the question for consent stays open.", least=1)
    answer_s: float = setting(5.0, "Longest wait for the disk before the door answers 'not recorded'.", least=0.5)


@dataclass(frozen=True, slots=True)
class TicketSettings:
    """[tickets]"""

    service: str = setting("Đón tiếp", "Service for which the door gives numbers; empty for no numbers.")
    series: str = setting("A", "Letter before the number.", form="id")
    guidance: str = setting(
        "Xin ngồi chờ đến lượt. Đưa phiếu này vào máy khi ra về.", "A line of guidance on the ticket."
    )


@dataclass(frozen=True, slots=True)
class VaultSettings:
    """[vault]"""

    turn_at: str = setting("03:00", "Local time of night at which the day key turns.", form="time")
    longest_key_s: float = setting(129600.0, "Running time after which the key turns without a sure clock.", least=3600)
    slip_valid_s: float = setting(86400.0, "How long a printed slip is good.", least=60)


@dataclass(frozen=True, slots=True)
class TrustSettings:
    """[trust]"""

    folder: str = setting("", "Folder with the issuers' certificates and keys; empty for none.")


@dataclass(frozen=True, slots=True)
class PatternSettings:
    """[[patterns]]"""

    name: str = setting("Mã người bệnh", "What the pages call such a code.")
    kind: str = setting("patient", "A kind of your own, or cccd, bhyt, typed, place, payment, wifi, link.", form="kind")
    regex: str = setting(
        "",
        "RE2 pattern of the whole code; groups number, name, birth, sex, phone, as (?P<number>BN[0-9]{8}).",
        form="regex",
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings in force."""

    site: SiteSettings = SiteSettings()
    kiosk: KioskSettings = KioskSettings()
    gates: tuple[GateSettings, ...] = (GateSettings(),)
    door: DoorSettings = DoorSettings()
    decoding: DecodingSettings = DecodingSettings()
    sources: tuple[SourceSettings, ...] = ()
    outputs: OutputSettings = OutputSettings()
    printer: PrinterSettings = PrinterSettings()
    tickets: TicketSettings = TicketSettings()
    queue: QueueSettings = QueueSettings()
    stages: tuple[StageSettings, ...] = ()
    services: tuple[ServiceSettings, ...] = ()
    counters: tuple[CounterSettings, ...] = ()
    vault: VaultSettings = VaultSettings()
    trust: TrustSettings = TrustSettings()
    patterns: tuple[PatternSettings, ...] = ()
    voice: VoiceSettings = VoiceSettings()
    house: HouseSettings = HouseSettings()
    backup: BackupSettings = BackupSettings()
    lists: ListsSettings = ListsSettings()
    session: SessionSettings = SessionSettings()
    privacy: PrivacySettings = PrivacySettings()
    web: WebSettings = WebSettings()
    sync: SyncSettings = SyncSettings()
    hub: HubSettings = HubSettings()
    exports: ExportsSettings = ExportsSettings()

    @property
    def zone(self) -> ZoneInfo:
        """The site's local time."""
        return ZoneInfo(self.site.timezone)

    def own_codes(self) -> tuple[Pattern, ...]:
        """The site's own codes, compiled."""
        return tuple(compile_pattern(own.regex, own.kind, own.name) for own in self.patterns)

    def plan(self) -> Plan:
        """The way of a ticket through the site."""
        series = tuple(filter(None, (self.own_series(gate.id) for gate in self.gates)))
        return replace(make_plan(self.queue_tables()), gate_series=series)

    def queue_tables(self) -> QueueTables:
        """What the plan is made from."""
        tables = (self.queue, self.stages, self.services, self.counters)
        return QueueTables(*tables, self.tickets.service, self.tickets.series, self.zone)

    def own_series(self, gate_id: str) -> str:
        """The series in which a gate gives numbers, where another kiosk owns the site's queue; else empty."""
        if self.queue.owner in ("", self.kiosk.id):
            return ""
        return next(gate.series for gate in self.gates if gate.id == gate_id)

    def gate(self, gate_id: str = "") -> Gate:
        """The gate named *gate_id*, or the first one. Raises SettingsError naming the known gates."""
        for gate in self.gates:
            if not gate_id or gate.id == gate_id:
                return Gate(gate.id, gate.name, gate.direction, gate.zone)
        known = ", ".join(gate.id for gate in self.gates)
        raise SettingsError(f"there is no gate '{gate_id}'; known gates: {known}")


def load(path: Path | None) -> Settings:
    """Read settings from *path*, or take the defaults where it is None. Raises SettingsError."""
    if path is None:
        return Settings()
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error


def parse(content: bytes, file: str) -> Settings:
    """The settings in the *content* of *file*. Raises SettingsError."""
    try:
        table = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:  # tomllib passes on what int() and deep nesting raise
        raise SettingsError(f"{file}: is not TOML: {error}") from error
    settings: Settings = read_table(file, "", Settings, table)
    _check_references(file, settings)
    return settings


def _check_references(file: str, settings: Settings) -> None:
    gates = [gate.id for gate in settings.gates]
    if not gates:
        raise SettingsError(f"{file}: [[gates]] must name at least one gate, not none")
    if len(set(gates)) != len(gates):
        raise SettingsError(f"{file}: [[gates]] id must be different for each gate, not {', '.join(gates)}")
    for source in settings.sources:
        if source.gate not in gates:
            raise SettingsError(f"{file}: [[sources]] gate must be one of {', '.join(gates)}, not {source.gate!r}")
    if not all(own.regex for own in settings.patterns):
        raise SettingsError(f"{file}: [[patterns]] regex must be given, not ''")
    check_plan(file, settings.queue_tables(), settings.plan().gate_series)
    if not settings.decoding.decoders:
        raise SettingsError(f"{file}: [decoding] decoders must name at least one of zxing, pyzbar, not none")
    check_voice(file, settings.voice)
    check_session(file, settings.session)
    check_privacy(file, settings.privacy)
