"""The certificates by which kiosks of a hub are known to it: passes of the CA that the hub itself is known by.

A pass names the kiosk and, as its unit, the mark of the key that signs its log. So a kiosk that is enrolled anew, with
a new key, leaves the passes of the old card worthless without a list of them.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.rules.site_names import Span
from kiosk.vault.site_ca import SiteCa

_LONGEST_REQUEST = 10_000


def pass_for(ca: SiteCa, request: str, kiosk: str, unit: str, span: Span) -> str:
    """The pass (PEM) of *kiosk* for the key in *request* (PKCS #10, PEM); what else the request says is not looked at.

    Raises ValueError with a sentence where the request is damaged, its key is of another kind, or it has not it.
    """
    try:
        found = x509.load_pem_x509_csr(request[:_LONGEST_REQUEST].encode())
        key, signed = found.public_key(), found.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise ValueError("the request for a certificate cannot be read") from error
    if not signed or not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("the request for a certificate is not signed by a P-256 key of its own")
    return ca.certify_client(key, kiosk, unit, span).decode()
