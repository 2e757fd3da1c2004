"""The site's trust folder: whose signatures under certificates the site believes."""

from kiosk.vault.trust.folder import TrustFolder
from kiosk.vault.trust.report import Finding

__all__ = ["Finding", "TrustFolder"]
