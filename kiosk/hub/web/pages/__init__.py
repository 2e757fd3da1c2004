"""The pages for the hub's staff: one module each."""

from kiosk.hub.web import console_sign_in
from kiosk.hub.web.pages import audit, cases, kept, overview, own, refused, sign_in, users

PAGES = (
    sign_in.page,
    console_sign_in.page,
    own.page,
    overview.page,
    refused.page,
    cases.page,
    kept.page,
    audit.page,
    users.page,
)
