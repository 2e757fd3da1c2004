"""HAProxy's settings: it ends TLS before the pages, and keeps slow and hostile clients away from them.

A client has a bounded number of connections, whatever others do; requests are handed on once their headers are whole,
within a bounded time. HTTP/2 lets a tablet follow more pages than the six that a browser's HTTP/1.1 allows.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Fewer than the pages' own server takes, so that this machine's own pages always have room.
CONNECTIONS = 256
CONNECTIONS_OF_ONE = 32  # a browser opens at most six

# Whose certificate a client has shown: the unit in its subject; and how OpenSSL found it.
CLIENT = "X-Client-Unit"
CLIENT_FAULT = "X-Client-Fault"
# X509_V_OK, and X509_V_ERR_CERT_NOT_YET_VALID: the clock of who gave it ran ahead.
GOOD = ("0", "9")
EXPIRED = "10"  # X509_V_ERR_CERT_HAS_EXPIRED
UNKNOWN_BYTES = 2_000_000

NOT_INSTALLED = "HAProxy is not installed (Debian's package haproxy)"
# Who has no certificate sends no more than a page does: what is sent is held in memory.
_ABOUT_CLIENTS = f"""\
  http-request set-header {CLIENT} %[ssl_c_s_dn(OU)] if {{ ssl_c_used }}
  http-request set-header {CLIENT_FAULT} %[ssl_c_verify] if {{ ssl_c_used }}
  http-request deny status 413 if !{{ ssl_c_used }} {{ req.body_size gt {UNKNOWN_BYTES} }}
"""
_PLACES = "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin"  # a user's PATH has no sbin

_REFUSALS = {
    400: "This request makes no sense.",
    408: "This request took too long.",
    413: "This is too large.",
    502: "The pages do not answer.",
    503: "The kiosk is busy; please try again in a moment.",
    504: "The pages do not answer.",
}
_AGAIN = {503: " hdr Retry-After 10"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many connections are let in at once, how many of one address, and how many requests are handed on."""

    connections: int = CONNECTIONS
    of_one: int = CONNECTIONS_OF_ONE
    at_the_server: int = CONNECTIONS


USUAL = Bounds()


def program() -> str | None:
    """Where HAProxy is; None where it is not installed."""
    return shutil.which("haproxy", path=_PLACES)


def configuration(
    certificate: Path, pages: Path, headers: Mapping[str, str], bounds: Bounds, clients: Path | None = None
) -> str:
    """For a HAProxy whose standard input is the listening socket; its own refusals carry *headers*.

    *pages* is the pages' unix socket: who cannot open it can neither claim to have come by HTTPS nor from whom.
    Who shows a certificate must have it from the CA in *clients*, where there is one; CLIENT then says whose it is.
    """
    told = " ".join(f"hdr {name} {_quoted(value)}" for name, value in headers.items())
    refusals = "\n".join(
        f"  http-error status {code} content-type text/plain string {_quoted(text)} {told}{_AGAIN.get(code, '')}"
        for code, text in _REFUSALS.items()
    )
    ignored = ",".join((*GOOD[1:], EXPIRED))
    asked = f" verify optional ca-file {_quoted(str(clients))} crt-ignore-err {ignored}" if clients else ""
    return f"""\
global
  maxconn {bounds.connections}
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
  bind fd@0 ssl crt {_quoted(str(certificate))} alpn h2,http/1.1{asked}
  stick-table type ipv6 size 4k expire 60s store conn_cur
  tcp-request connection track-sc0 src
  tcp-request connection reject if {{ sc0_conn_cur gt {bounds.of_one} }}
  http-request set-header X-Forwarded-For %[src]
  http-request del-header {CLIENT}
  http-request del-header {CLIENT_FAULT}
{_ABOUT_CLIENTS if clients else ""}\
  default_backend pages
backend pages
  # No connection carries two clients' requests: what one asks can never end in another's answer.
  http-reuse never
  server pages {_quoted(f"unix@{pages}")} maxconn {bounds.at_the_server}
"""


def _quoted(text: str) -> str:
    """*text* in HAProxy's strong quotes, in which nothing but the quote itself means anything."""
    return "'" + text.replace("'", "'\\''") + "'"
