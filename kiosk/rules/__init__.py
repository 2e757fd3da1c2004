"""Pure rules: no clock, disk, network or hardware; time is handed in."""
