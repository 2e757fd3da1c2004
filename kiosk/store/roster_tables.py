"""The tables of registration lists."""

# Registration lists. ``ready``: 0 coming or going, 1 in force, 2 a draft that nobody has approved yet.
ROSTER = """
CREATE TABLE roster_list (
    id INTEGER PRIMARY KEY, ready INTEGER NOT NULL,
    first_day TEXT, last_day TEXT, rows INTEGER, here INTEGER, imported_ms INTEGER, sequence INTEGER
) STRICT;
CREATE TABLE roster_row (
    list INTEGER NOT NULL, row INTEGER NOT NULL, concealed BLOB NOT NULL, PRIMARY KEY (list, row)
) STRICT, WITHOUT ROWID;
CREATE TABLE roster_trait (
    list INTEGER NOT NULL, blind BLOB NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (list, blind, row)
) STRICT, WITHOUT ROWID;
"""

# What a list looked like when it came, concealed under its key, until somebody approves it.
DRAFT = """
CREATE TABLE roster_draft (
    list INTEGER NOT NULL, row INTEGER NOT NULL, sort TEXT NOT NULL, choice TEXT NOT NULL, concealed BLOB NOT NULL,
    PRIMARY KEY (list, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX roster_draft_sort ON roster_draft (list, sort, choice, row);
"""
