"""All that the hub answers: a module with a blueprint, and a line here."""

from __future__ import annotations

from flask import Blueprint

from kiosk.hub.web import console_api, kiosks, orders, proofs

BLUEPRINTS: tuple[Blueprint, ...] = (kiosks.routes, orders.routes, proofs.routes, console_api.routes)
