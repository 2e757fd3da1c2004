"""What keeps strangers' pages, oversized requests and tracebacks away from a kiosk."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, RequestEntityTooLarge, ServiceUnavailable

from kiosk.door_socket import DoorAway, DoorRefused
from kiosk.store.schema import StoreError
from kiosk.web.context import house
from kiosk.web.words import Words

log = logging.getLogger(__name__)

LARGEST_BODY_BYTES = 2_000_000
LARGEST_LIST_BYTES = 8_000_000  # a registration list of a whole district; the door takes no more at once
LIST_ENDPOINT = "lists.bring"
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")

# A page of another site can neither send this header without our leave (CORS), nor get it.
OWN_HEADER = "X-Kiosk"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), display-capture=(), usb=(), serial=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

SENTENCES = {
    400: Words("Yêu cầu này không hợp lệ.", "This request makes no sense."),
    401: Words("Xin đăng nhập lại.", "Please sign in again."),
    403: Words(
        "Bạn không có quyền làm việc này, hoặc yêu cầu không đến từ trang của máy.",
        "You may not do this, or the request does not come from a page of this kiosk.",
    ),
    404: Words("Không có trang này.", "There is no such page."),
    405: Words("Trang này không nhận yêu cầu như vậy.", "This page does not take such a request."),
    413: Words("Ảnh hoặc dữ liệu quá lớn (tối đa 2 MB).", "The picture or text is too large (at most 2 MB)."),
    415: Words("Trang này không nhận dữ liệu như vậy.", "This page does not take such data."),
    503: Words("Máy đang bận, xin thử lại sau giây lát.", "The kiosk is busy; please try again in a moment."),
}
LIST_TOO_LARGE = Words(
    "Danh sách quá lớn (tối đa 8 MB); hãy chia ra.", "The list is too large (at most 8 MB); divide it."
)
BROKEN = Words("Máy gặp lỗi khi làm việc này; đã ghi vào nhật ký.", "Something broke here; it was logged.")
DOOR_REFUSED = Words("Cửa không làm được việc này.", "The door cannot do this.")
DISK_FULL = Words(
    "Ổ đĩa đã đầy nên chưa lưu được. Gọi kỹ thuật ngay, không tự xóa gì.",
    "The disk is full, so this was not saved. Call the technician now, delete nothing yourself.",
)
DOOR_AWAY = Words("Cửa chưa trả lời. Trang sẽ tự nối lại.", "The door does not answer. This page goes on trying.")


def protect(app: Flask) -> None:
    """Let only this kiosk's own pages in, bound what they send, and answer faults with one sentence."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY_BYTES
    app.before_request(refuse_strangers)
    app.after_request(add_headers)
    app.register_error_handler(HTTPException, answer_refusal)
    app.register_error_handler(DoorAway, answer_door_away)
    app.register_error_handler(StoreError, answer_unsaved)
    app.register_error_handler(Exception, answer_fault)


def refuse_strangers() -> None:
    """Refuse names that DNS may have bound to us, and changes that another site's page asks for."""
    if request.host not in _own_hosts():
        raise BadRequest
    if (request.content_length or 0) > _largest_body_bytes():  # also where nobody reads it
        raise RequestEntityTooLarge
    if request.method not in ("GET", "HEAD") and not comes_from_own_page():
        raise Forbidden


def _largest_body_bytes() -> int:
    return LARGEST_LIST_BYTES if request.endpoint == LIST_ENDPOINT else LARGEST_BODY_BYTES


def _own_hosts() -> set[str]:
    port, front = request.environ["SERVER_PORT"], house().front
    names, usual = (front.names, "443") if front and request.is_secure else (LOOPBACK_NAMES, "80")
    return {f"{name}:{port}" for name in names} | (set(names) if port == usual else set())


def comes_from_own_page() -> bool:
    """Whether the change that is asked for comes from a page of this server."""
    own = f"{request.scheme}://{request.host}"
    origin = request.headers.get("Origin", own)
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    # A form without a script cannot send our header; but then the browser says on whose page the form is.
    named = OWN_HEADER in request.headers or (request.mimetype in FORMS and "Origin" in request.headers)
    return named and origin == own and site == "same-origin"


def add_headers(response: Response) -> Response:
    """The headers of every answer; what names people is never stored by a browser."""
    response.headers.update(HEADERS)
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def answer_refusal(error: HTTPException) -> Response:
    """A refusal as a page, or as JSON for a script."""
    code = error.code or 500
    large_list = code == RequestEntityTooLarge.code and request.endpoint == LIST_ENDPOINT
    answer = _answer(code, LIST_TOO_LARGE if large_list else SENTENCES.get(code, BROKEN))
    if isinstance(error, ServiceUnavailable) and error.retry_after:
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def answer_door_away(error: DoorAway) -> Response:
    """The door's process is not there, or could not do what was asked."""
    if isinstance(error, DoorRefused):
        return _answer(422, Words(error.vi, str(error)) if error.vi else DOOR_REFUSED, str(error))
    return _answer(503, DOOR_AWAY)


def answer_unsaved(error: StoreError) -> Response:
    """What was asked for could not be written, or read."""
    return _answer(507, DISK_FULL) if error.disk_full else answer_fault(error)


def answer_fault(error: Exception) -> Response:
    """Something broke: the log gets the traceback, the page one sentence."""
    log.exception("%s %s failed", request.method, request.path, exc_info=error)
    return _answer(500, BROKEN)


def _answer(code: int, words: Words, detail: str = "") -> Response:
    if request.method not in ("GET", "HEAD") or request.path.endswith(".json"):
        answer = jsonify(error={"vi": words.vi, "en": words.en, "detail": detail})
    else:
        answer = make_response(render_template("error.html", words=words, detail=detail))
    answer.status_code = code
    return answer
