"""The story of setting a kiosk up: a code that was seen at the kiosk lets one in; answers outlive a power cut."""

from __future__ import annotations

import hmac
import json
import secrets
import tomllib
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from kiosk.config import Settings
from kiosk.config.reading import read_table
from kiosk.config.writing import write_settings
from kiosk.house import open_house
from kiosk.pairing import Pairings
from kiosk.rules.access import Role
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import Direction, Moment
from kiosk.rules.pins import PERSON_TRIES, Tries, locked_ms, wrong_again
from kiosk.rules.sessions import Use
from kiosk.rules.set_up import CODE_DIGITS, LETTERS, PASSWORD_LENGTH, STICK, Draft, Step, draft_from, settings_of
from kiosk.rules.staff_acts import StaffAct, staff_body
from kiosk.set_up_needed import DRAFT_FILE
from kiosk.store.schema import DATABASE
from kiosk.store.staff import FILE as STAFF_FILE
from kiosk.store.staff import StaffBook
from kiosk.store.staff_tables import Account
from kiosk.vault import VaultError, new_tracing_keys_for_paper
from kiosk.vault.files import replace_whole
from kiosk.vault.recovery import Lock, drop_lock, keep_lock, kept_lock, last_group, new_code, unlock
from kiosk.vault.site_ca import CA_FILE, SERVER_FILE
from kiosk.vault.tracing import PUBLIC_FILE

BY = "set-up"
HEADING = "Written by the kiosk's set-up. Every setting, with its default: kiosk.example.toml"
TOKEN_BYTES = 32


def new_password() -> str:
    """A password for the hotspot."""
    return "".join(secrets.choice(LETTERS) for _ in range(PASSWORD_LENGTH))


class Claim:
    """Who may set up: whoever types the code that is printed, or shown on the kiosk's own screen."""

    def __init__(self, now: Callable[[], Moment]) -> None:
        self._now = now
        self._tries = Tries()
        self._tokens: set[str] = set()
        self.code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"

    def locked_ms(self) -> int:
        """How long no code is tried any more, after wrong ones; 0 where one may be."""
        return locked_ms(self._tries, PERSON_TRIES, self._now())

    def take(self, typed: str) -> str | None:
        """The token of who typed the code; None for a wrong one, or while none is tried."""
        if self.locked_ms():
            return None
        digits = "".join(filter(str.isdecimal, typed[: 4 * CODE_DIGITS]))
        if not hmac.compare_digest(digits.encode(), self.code.encode()):
            self._tries = wrong_again(self._tries, self._now())
            return None
        self._tries = Tries()
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._tokens.add(token)
        return token

    @property
    def taken(self) -> bool:
        """Whether anybody is in."""
        return bool(self._tokens)

    def admits(self, token: str) -> bool:
        """Whether *token* was given by ``take``."""
        return any(hmac.compare_digest(token.encode(), one.encode()) for one in self._tokens)


class SetUp:
    """One set-up of the data directory *data*, whose settings go to *settings_file*."""

    def __init__(self, settings_file: Path, data: Path, now: Callable[[], Moment]) -> None:
        self._settings_file = settings_file
        self._data = data
        self._now = now
        self._pending: tuple[str, Callable[[], str]] | None = None
        self._offered: tuple[str, Lock] | None = None
        self.before = _table_of(settings_file)
        self.draft = self._read_draft()

    @property
    def runs_already(self) -> bool:
        """Whether the site has a log, which fixes its names."""
        return (self._data / DATABASE).exists()

    @property
    def has_keys(self) -> bool:
        """Whether there is a tracing team to seal to."""
        return (self._data / PUBLIC_FILE).exists()

    def answer(self, step: Step, **answers: Any) -> None:
        """Keep the *answers* to *step*, which are then on the disk. Raises VaultError where they cannot be kept."""
        done = tuple(one for one in Step if one == step or one in self.draft.done)
        self._keep(replace(self.draft, **answers, done=done))

    def note(self, **answers: Any) -> None:
        """Keep *answers* that do not answer a step yet: the language, a choice that is still being tried."""
        self._keep(replace(self.draft, **answers))

    def settings(self) -> Settings:
        """The settings as they would be, for trying devices by them. Raises SettingsError."""
        settings: Settings = read_table(str(self._settings_file), "", Settings, settings_of(self.draft, self.before))
        return settings

    def new_keys(self) -> str:
        """The private half of new tracing keys, to be handed over; ``keep_keys`` then installs them.

        Raises VaultError where there are keys already.
        """
        self._make_place()
        self._pending = new_tracing_keys_for_paper(self._data, name=self.draft.site)
        return self._pending[0]

    @property
    def keys_handed_over(self) -> bool:
        """Whether a private half was made whose public half is not installed yet."""
        return self._pending is not None

    def keep_keys(self) -> str:
        """Seal to the keys handed over last; their fingerprint. Raises VaultError."""
        assert self._pending is not None
        fingerprint = self._pending[1]()
        self._pending = None
        self.answer(Step.KEYS)
        return fingerprint

    @property
    def has_recovery(self) -> bool:
        """Whether somebody holds a recovery code, for whom backups can be sealed; a damaged lock is none."""
        with suppress(VaultError):
            return kept_lock(self._data) is not None
        return False

    @property
    def recovery_offered(self) -> bool:
        """Whether a recovery code was made of which nobody has said yet that it is kept."""
        return self._offered is not None

    def new_recovery(self) -> tuple[str, str]:
        """A new recovery code, and the name of its lock; ``keep_recovery`` makes it count. It is kept nowhere here."""
        code = new_code()
        lock = unlock(code).lock
        self._offered = last_group(code), lock
        return code, lock.name

    def keep_recovery(self, typed: str) -> bool:
        """Back up for who holds the code made last, if *typed* is its last group. Raises VaultError."""
        assert self._offered is not None
        group, lock = self._offered
        if last_group(typed) != group:
            return False
        self._make_place()
        keep_lock(self._data, lock)
        self.back_up()
        return True

    def back_up(self) -> None:
        """Back up for who holds the recovery code in force. Raises VaultError."""
        self._offered = None
        self.answer(Step.BACKUPS, backup_to=self.draft.backup_to or STICK)

    def back_nothing_up(self) -> None:
        """No backups; a recovery code in force goes at the end of the set-up. Raises VaultError."""
        self._offered = None
        self.answer(Step.BACKUPS, backup_to="")

    def finish(self) -> Settings:
        """Settings, log and first admin; the set-up is then over. What was cut off is done again the next time.

        Raises SettingsError where the settings would not be taken, and what ``open_house`` raises.
        """
        settings = write_settings(self._settings_file, settings_of(self.draft, self.before), HEADING)
        if not self.runs_already:
            # Made before the site had a name; no tablet trusts it yet, and the pages make one with the name.
            for file in (CA_FILE, SERVER_FILE):
                (self._data / file).unlink(missing_ok=True)
        if not self.draft.backup_to:
            drop_lock(self._data)
        self._make_admin(settings)
        (self._data / DRAFT_FILE).unlink(missing_ok=True)
        return settings

    def pairing_code(self, settings: Settings) -> str:
        """A code that pairs the first tablet, good for ten minutes. Raises what ``open_house`` raises."""
        with open_house(settings, self._data, demo=False, now=self._now()) as house, house.store.writing(None) as log:
            body = staff_body(StaffAct.DEVICE, BY, about=f"pairing code: {Use.TABLET}")
            log.append(EntryKind.STAFF, "", self._now(), body)
        with self._book() as book:
            return Pairings(book, self._now).make(Use.TABLET, "", BY)

    def _make_admin(self, settings: Settings) -> None:
        """Noted in the log before it is so, as every change of accounts."""
        name, pin = self.draft.admin, self.draft.admin_pin
        with open_house(settings, self._data, demo=False, now=self._now()) as house, house.store.writing(None) as log:
            about = f"set up; {name}: {Role.ADMIN}" if name else "set up"
            log.append(EntryKind.STAFF, "", self._now(), staff_body(StaffAct.ACCOUNT, BY, about=about))
        if name:
            with self._book() as book, book.writing() as tables:
                tables.save(Account(name, Role.ADMIN, pin, language=self.draft.language))

    def has_admin(self) -> bool:
        """Whether somebody may sign in to look after the kiosk already."""
        if not (self._data / STAFF_FILE).exists():
            return False
        with self._book() as book:
            return any(one.enabled and one.role is Role.ADMIN for one in book.accounts())

    def _book(self) -> closing[StaffBook]:
        return closing(StaffBook(self._data / STAFF_FILE))

    def _read_draft(self) -> Draft:
        """What was answered before the power went; else what the settings in force say."""
        try:
            kept = json.loads((self._data / DRAFT_FILE).read_bytes())
            draft = Draft(**kept | {"direction": Direction(kept["direction"]), "done": tuple(kept["done"])})
        except (OSError, ValueError, KeyError, TypeError):  # none, or of another version: it is asked again
            draft = draft_from(self.before)
        is_done = {step: step in draft.done for step in Step}
        is_done[Step.KEYS] |= self.has_keys
        is_done[Step.ADMIN] |= self.has_admin()
        if draft.backup_to:  # a place for backups is nothing without a code
            is_done[Step.BACKUPS] = self.has_recovery
        return replace(draft, done=tuple(step for step in Step if is_done[step]))

    def _make_place(self) -> None:
        self._data.mkdir(mode=0o750, parents=True, exist_ok=True)

    def _keep(self, draft: Draft) -> None:
        self._make_place()
        replace_whole(self._data / DRAFT_FILE, json.dumps(asdict(draft), ensure_ascii=False).encode())
        self.draft = draft


def _table_of(settings_file: Path) -> dict[str, Any]:
    """The settings in force as they are written; none where there are none, or where they cannot be read."""
    try:
        return tomllib.loads(settings_file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
