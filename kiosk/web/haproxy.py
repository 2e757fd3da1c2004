"""HAProxy's settings: it ends TLS before the pages, and keeps slow and hostile clients away from them.

A client has a bounded number of connections, whatever others do; requests are handed on once their headers are whole,
within a bounded time. HTTP/2 lets a tablet follow more pages than the six that a browser's HTTP/1.1 allows.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

# Fewer than the pages' own server takes, so that this machine's own pages always have room.
CONNECTIONS = 256
CONNECTIONS_OF_ONE = 32  # a browser opens at most six

NOT_INSTALLED = "HAProxy is not installed (Debian's package haproxy)"
_PLACES = "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin"  # a user's PATH has no sbin

_REFUSALS = {
    400: "This request makes no sense.",
    408: "This request took too long.",
    502: "The pages do not answer.",
    503: "The kiosk is busy; please try again in a moment.",
    504: "The pages do not answer.",
}


def program() -> str | None:
    """Where HAProxy is; None where it is not installed."""
    return shutil.which("haproxy", path=_PLACES)


def configuration(certificate: Path, pages: Path, headers: Mapping[str, str]) -> str:
    """For a HAProxy whose standard input is the listening socket; its own refusals carry *headers*.

    *pages* is the pages' unix socket: who cannot open it can neither claim to have come by HTTPS nor from whom.
    """
    told = " ".join(f"hdr {name} {_quoted(value)}" for name, value in headers.items())
    refusals = "\n".join(
        f"  http-error status {code} content-type text/plain string {_quoted(text)} {told}"
        for code, text in _REFUSALS.items()
    )
    return f"""\
global
  maxconn {CONNECTIONS}
  nbthread 1
  tune.ssl.cachesize 1000
  tune.h2.max-concurrent-streams 64
  ssl-default-bind-options ssl-min-ver TLSv1.2
# Empty in place of its own, for which it opens a socket to the machine's name server, as the pages may not, and ends.
resolvers default
defaults
  mode http
  timeout connect 3s
  timeout client 20s
  timeout server 30s
  timeout queue 5s
  timeout http-request 10s
  timeout http-keep-alive 15s
{refusals}
frontend tablets
  bind fd@0 ssl crt {_quoted(str(certificate))} alpn h2,http/1.1
  stick-table type ipv6 size 4k expire 60s store conn_cur
  tcp-request connection track-sc0 src
  tcp-request connection reject if {{ sc0_conn_cur gt {CONNECTIONS_OF_ONE} }}
  http-request set-header X-Forwarded-For %[src]
  default_backend pages
backend pages
  # No connection carries two clients' requests: what one asks can never end in another's answer.
  http-reuse never
  server pages {_quoted(f"unix@{pages}")} maxconn {CONNECTIONS}
"""


def _quoted(text: str) -> str:
    """*text* in HAProxy's strong quotes, in which nothing but the quote itself means anything."""
    return "'" + text.replace("'", "'\\''") + "'"
