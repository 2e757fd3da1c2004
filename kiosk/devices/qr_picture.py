"""A text as a QR code, for pages and terminals."""

from __future__ import annotations

import io

QUIET_ZONE = 4  # modules (ISO/IEC 18004)


def qr_svg(text: str) -> bytes:
    """*text* as a QR code in SVG, black on white with its quiet zone; a page gives it its size."""
    import segno  # only what draws needs it

    picture = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        picture, kind="svg", border=QUIET_ZONE, light="white", omitsize=True, xmldecl=False
    )
    return picture.getvalue()


def qr_text(text: str) -> str:
    """*text* as a QR code for a terminal, two rows of modules in a line."""
    import segno

    drawn = io.StringIO()
    segno.make(text, error="m", micro=False).terminal(drawn, border=QUIET_ZONE, compact=True)
    return drawn.getvalue().rstrip("\n")
