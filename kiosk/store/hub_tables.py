"""The tables of ``hub.db``."""

from __future__ import annotations

CATALOGUE = """
CREATE TABLE kiosk (
    id TEXT PRIMARY KEY, site TEXT NOT NULL, public TEXT NOT NULL, mark BLOB NOT NULL UNIQUE,
    enrolled_ms INTEGER NOT NULL, revoked_ms INTEGER, heard_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE awaited (
    digest BLOB PRIMARY KEY, kiosk TEXT NOT NULL, site TEXT NOT NULL, made_ms INTEGER NOT NULL,
    ends_ms INTEGER NOT NULL, mark BLOB
) STRICT, WITHOUT ROWID;
CREATE TABLE kiosk_health (kiosk TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, said TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE refused (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, kiosk TEXT NOT NULL, fault TEXT NOT NULL, found TEXT NOT NULL,
    first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, times INTEGER NOT NULL
) STRICT;
CREATE INDEX refused_kiosk ON refused (kiosk, last_ms);
CREATE TABLE branch (
    kiosk TEXT NOT NULL, name TEXT NOT NULL, epoch TEXT NOT NULL, sequence INTEGER NOT NULL, chain BLOB NOT NULL,
    heard_ms INTEGER NOT NULL, forked INTEGER NOT NULL, PRIMARY KEY (kiosk, name)
) STRICT, WITHOUT ROWID;
"""

TAMPER_LOG = """
CREATE TABLE leaf (number INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, said BLOB NOT NULL) STRICT;
CREATE INDEX leaf_without_heads ON leaf (number) WHERE instr(said, '"what":"head"') = 0;
CREATE TABLE node (level INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, number))
    STRICT, WITHOUT ROWID;
"""

USERS = """
CREATE TABLE hub_user (
    key TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, password TEXT NOT NULL,
    factor BLOB, offered BLOB, given_ms INTEGER NOT NULL, step INTEGER NOT NULL,
    language TEXT NOT NULL, enabled INTEGER NOT NULL,
    wrong INTEGER NOT NULL, wrong_boot_id TEXT NOT NULL, wrong_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE hub_session (
    id INTEGER PRIMARY KEY AUTOINCREMENT, token BLOB NOT NULL UNIQUE, user TEXT NOT NULL, use TEXT NOT NULL,
    address TEXT NOT NULL, boot_id TEXT NOT NULL, began_ms INTEGER NOT NULL, used_ms INTEGER NOT NULL,
    wall_ms INTEGER NOT NULL
) STRICT;
"""

DOWN = """
CREATE TABLE down (
    number INTEGER PRIMARY KEY, scope TEXT NOT NULL, part TEXT NOT NULL, name TEXT NOT NULL, made_ms INTEGER NOT NULL,
    until_ms INTEGER, by TEXT NOT NULL, payload BLOB NOT NULL, UNIQUE (scope, part, name)
) STRICT;
CREATE TABLE down_last (number INTEGER NOT NULL) STRICT;
CREATE TABLE down_answer (
    number INTEGER NOT NULL, kiosk TEXT NOT NULL, sequence INTEGER NOT NULL, done TEXT NOT NULL, why TEXT NOT NULL,
    PRIMARY KEY (number, kiosk)
) STRICT, WITHOUT ROWID;
"""

OPENINGS = """
CREATE TABLE opening (
    id INTEGER PRIMARY KEY, request TEXT NOT NULL, asked_by TEXT NOT NULL, asked_ms INTEGER NOT NULL,
    state TEXT NOT NULL, decided_by TEXT NOT NULL, decided_ms INTEGER, ended_ms INTEGER, found INTEGER NOT NULL,
    named INTEGER NOT NULL, present INTEGER NOT NULL
) STRICT;
CREATE TABLE opening_found (opening INTEGER NOT NULL, key_id BLOB NOT NULL, who BLOB NOT NULL,
    PRIMARY KEY (opening, key_id, who)) STRICT, WITHOUT ROWID;
CREATE TABLE opening_act (opening INTEGER NOT NULL, at_ms INTEGER NOT NULL, act TEXT NOT NULL, count INTEGER NOT NULL)
    STRICT;
CREATE INDEX opening_act_of ON opening_act (opening);
"""

LAKE = """
CREATE TABLE lake_branch (
    kiosk TEXT NOT NULL, name TEXT NOT NULL, sequence INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (kiosk, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE lake_part (
    kiosk TEXT NOT NULL, key_id BLOB NOT NULL, state TEXT NOT NULL, days TEXT NOT NULL, aged TEXT NOT NULL,
    PRIMARY KEY (kiosk, key_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE lake_due (day TEXT NOT NULL, kiosk TEXT NOT NULL, PRIMARY KEY (day, kiosk)) STRICT, WITHOUT ROWID;
CREATE TABLE deletion_clock (by_ms INTEGER NOT NULL, boot_id TEXT, monotonic_ms INTEGER) STRICT;
"""

ALL = (CATALOGUE, TAMPER_LOG, USERS, DOWN, OPENINGS, LAKE)
