"""An open-source QR check-in appliance for site entrances."""

__version__ = "0.1.0"
