"""What keeps strangers, oversized requests and tracebacks away from a hub."""

from __future__ import annotations

import errno
import logging
import re

from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, ServiceUnavailable, TooManyRequests

from kiosk.hub.web.context import hub
from kiosk.store.schema import StoreError
from kiosk.vault.segments import MOST_PACKED_BYTES
from kiosk.web.guard import BROKEN, DISK_FULL, SENTENCES, add_headers, comes_from_own_page
from kiosk.web.words import Words

log = logging.getLogger(__name__)

LARGEST_BODY_BYTES = MOST_PACKED_BYTES
# No browser's cookie opens these: a kiosk shows its certificate, a console its token.
MACHINES = ("/kiosk/", "/console/")
RETRY_S = 30  # once a full disk had room again

_PORT = re.compile(r":[0-9]{1,5}$")

BUSY = Words("Trung tâm đang bận, xin thử lại sau giây lát.", "The hub is busy; please try again in a moment.")


def protect(app: Flask) -> None:
    """Let only those in who call the hub by its name, bound what they send, and answer faults with one sentence."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY_BYTES
    app.before_request(refuse_strangers)
    app.after_request(add_headers)
    app.register_error_handler(HTTPException, answer_refusal)
    app.register_error_handler(StoreError, answer_unsaved)
    app.register_error_handler(OSError, answer_unwritten)
    app.register_error_handler(Exception, answer_fault)


def refuse_strangers() -> None:
    """Refuse names that DNS may have bound to us, and changes that another site's page asks for."""
    # Whatever the port: a router may pass another one on to us.
    if _PORT.sub("", request.host) not in hub().front.names:
        raise BadRequest
    machine = request.path.startswith(MACHINES)
    if request.method not in ("GET", "HEAD") and not machine and not comes_from_own_page():
        raise Forbidden


def answer_refusal(error: HTTPException) -> Response:
    """A refusal in one sentence."""
    code = error.code or 500
    if not isinstance(error, ServiceUnavailable | TooManyRequests):
        return answer_with(code, SENTENCES.get(code, BROKEN))
    answer = answer_with(code, BUSY)
    answer.headers["Retry-After"] = str(error.retry_after or RETRY_S)
    return answer


def answer_unsaved(error: StoreError) -> Response:
    """What was sent could not be written; a full disk is no reason to forget it."""
    if not error.disk_full:
        return answer_fault(error)
    answer = answer_with(507, DISK_FULL)
    answer.headers["Retry-After"] = str(RETRY_S)
    return answer


def answer_unwritten(error: OSError) -> Response:
    """The same of a file."""
    return answer_unsaved(StoreError(str(error), disk_full=error.errno in (errno.ENOSPC, errno.EDQUOT)))


def answer_fault(error: Exception) -> Response:
    """Something broke: the log gets the traceback, whoever asked one sentence."""
    log.exception("%s %s failed", request.method, request.path, exc_info=error)
    return answer_with(500, BROKEN)


def answer_with(code: int, words: Words, detail: str = "") -> Response:
    """*words* as an answer with the status *code*: JSON for machines, a page for people."""
    if request.path.startswith(MACHINES):
        answer = jsonify(error={"vi": words.vi, "en": words.en, "detail": detail})
    else:
        answer = make_response(render_template("hub_error.html", words=words, detail=detail))
    answer.status_code = code
    return answer
