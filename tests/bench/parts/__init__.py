"""What the benches share: sites with a long history, the machine's own limits, the start of a process."""
