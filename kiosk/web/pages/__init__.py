"""One module and one template per page, and one line here."""

from kiosk.web.pages import board, counter, display, events, feedback, guide, health, session, sign_in, simulator, staff

PAGES = (
    staff.page,
    events.page,
    simulator.page,
    guide.page,
    session.page,
    feedback.page,
    board.page,
    display.page,
    counter.page,
    health.page,
    sign_in.page,
)
