"""``/health.json``: for monitors and tests."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, jsonify

from kiosk.web.access import for_devices
from kiosk.web.context import house

page = Blueprint("health", __name__)


@page.get("/health.json")
@for_devices
def health() -> Response:
    """Whether all devices work, and the sequence of the newest entry. Names nobody."""
    state, (_, sequence) = house().now.state(), house().lines.log()
    ok = all(device.ok for device in state.devices)
    return jsonify(ok=ok, sequence=sequence, demo=house().vault.demo, **asdict(state))
