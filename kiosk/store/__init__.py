"""SQLite: the log, its projections and what the processes share. The only folder with SQL."""
