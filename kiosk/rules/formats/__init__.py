"""One file per code a person may show. A new format is a file here and its line in ``FORMATS``."""

from collections.abc import Callable

from kiosk.rules.formats import (
    dcc,
    id_card,
    insurance,
    link,
    mecard,
    number,
    nzcp,
    pattern,
    payment,
    place,
    shc,
    slip,
    unified,
    vcard,
    vds_nc,
    wifi,
)
from kiosk.rules.formats.code import Code
from kiosk.rules.model import Credential

Format = Callable[[Code], Credential | None]

# The first that recognises a code answers for it: prefixes, then pipes, then the site's own patterns, which
# may be web addresses or look like bare numbers. A format that answers None has not recognised the code;
# none raises, whatever the bytes.
FORMATS: tuple[Format, ...] = (
    slip.read,
    shc.read,
    vds_nc.read,
    dcc.read,
    nzcp.read,
    payment.read,
    wifi.read,
    place.read,
    vcard.read,
    mecard.read,
    insurance.read,
    unified.read,
    id_card.read,
    pattern.read,
    link.read,
    number.read,
)
