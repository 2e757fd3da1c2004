"""The device adapters on real kernel devices, in a machine that QEMU emulates: ``make test-machine``."""
