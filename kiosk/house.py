"""A data directory that is opened: its keys, its log, the state of its devices."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from kiosk.clock_watch import follow_told
from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.devices.base import Output
from kiosk.devices.data_disk import fault_of_data_disk, system_is_in_memory
from kiosk.door import Door
from kiosk.failures import Failure
from kiosk.health import Health
from kiosk.restored import finish_restore
from kiosk.retention import turn_if_due
from kiosk.rules.model import Moment
from kiosk.store.log import Store
from kiosk.store.reserve import Reserve
from kiosk.store.schema import DATABASE, StoreError
from kiosk.trust import site_trust
from kiosk.vault import Vault, VaultError, make_demo_keys


class HouseError(Failure):
    """The data directory cannot be used; one sentence says why."""


@dataclass(frozen=True, slots=True)
class House:
    """An opened data directory: its vault, its log and the state of its devices."""

    settings: Settings
    data: Path
    vault: Vault
    store: Store
    health: Health

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.data / DATABASE

    def door(self, *outputs: Output) -> Door:
        """A door of this house with *outputs*, which believes the issuers that are in the trust folder now."""
        trust = site_trust(self.settings, self.data, self.health)
        return Door(self.settings, self.vault, self.store, self.data, self.health, outputs, trust)


def demand_own_disk(settings: Settings, data: Path) -> None:
    """See to it that a power cut does not take the records along. Raises HouseError where it would."""
    demand = settings.kiosk.data_disk
    if demand == "any" or (demand == "auto" and not system_is_in_memory()):
        return
    if fault := fault_of_data_disk(data):
        raise HouseError(
            f"{data} would be lost with the power: {fault}. Mount the data partition (label KIOSKDATA) there; "
            'on a machine without one set [kiosk] data_disk = "any"'
        )


def open_vault(settings: Settings, data: Path, *, demo: bool) -> Vault:
    """The vault of *data*. Where it has no tracing keys, demo keys are made if *demo* allows it.

    Raises HouseError where there are none, or only demo keys and *demo* does not allow them.
    """
    try:
        data.mkdir(mode=0o750, parents=True, exist_ok=True)
        if demo and not (data / "tracing.json").exists() and not (data / DATABASE).exists():
            make_demo_keys(data)
    except OSError as error:
        raise HouseError(f"{data}: cannot be used: {error.strerror}") from error
    except VaultError as error:
        raise HouseError(str(error)) from error
    return _opened_vault(settings, data, demo=demo, read_only=False)


def look_into_vault(settings: Settings, data: Path, *, demo: bool = True) -> Vault:
    """The vault of *data* for reading: nothing is made, written or destroyed. Raises HouseError as ``open_vault``."""
    return _opened_vault(settings, data, demo=demo, read_only=True)


def _opened_vault(settings: Settings, data: Path, *, demo: bool, read_only: bool) -> Vault:
    site = settings.site
    try:
        vault = Vault.open(data, site=site.id, slip_keys=site.slip_keys, read_only=read_only)
    except VaultError as error:
        raise HouseError(str(error)) from error
    if vault.demo and not demo:
        raise HouseError(
            f"{data} has demo keys, whose private half lies beside them: it is for trying out, not for people. "
            "Make tracing keys in another directory: kiosk --data DIR keys new --out FILE"
        )
    return vault


@contextmanager
def open_house(settings: Settings, data: Path, *, demo: bool, now: Moment | None = None) -> Iterator[House]:
    """Open *data* for writing: keys, log and today's key. Raises HouseError with one sentence."""
    now = now or clock.now()
    with ExitStack() as house:
        try:
            with _opening(data):
                finish_restore(data)
                vault = open_vault(settings, data, demo=demo)
                store = _begin(settings, data, vault, now)
                house.callback(store.close)
            health = Health(data / DATABASE, lambda: clock.now().wall_ms)
            house.callback(health.close)
            yield House(settings, data, vault, store, health)
        except (StoreError, VaultError) as error:
            raise HouseError(str(error)) from error


def _begin(settings: Settings, data: Path, vault: Vault, now: Moment) -> Store:
    """The log, ready for *now*. A full disk gets the reserve before it is given up."""
    while True:
        try:
            store = Store(data / DATABASE, vault.head_seal, answer_s=settings.door.answer_s)
            try:
                store.start(settings.kiosk.id, now)
                follow_told(store.db, now.boot_id)
                turn_if_due(store, vault, settings, now)
            except BaseException:
                store.close()
                raise
            return store
        except StoreError:
            if not Reserve(data).free():
                raise


@contextmanager
def _opening(data: Path) -> Iterator[None]:
    """Alone: two that begin a fresh directory at once would both make its keys and its log."""
    try:
        data.mkdir(mode=0o750, parents=True, exist_ok=True)
        directory = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise HouseError(f"{data}: cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)
