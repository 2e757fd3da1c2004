"""A paper with a code that is not for the exit: what it is for, the code, and what to do with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kiosk.rules.sessions import PAIRING_MS, Use

MINUTES = PAIRING_MS // 60_000
WHAT_FOR = {
    Use.TABLET: "Máy của nhân viên · For staff",
    Use.BOARD: "Bảng gọi số · The board",
    Use.DISPLAY: "Màn hình ở cửa · The door display",
}


@dataclass(frozen=True, slots=True)
class CodePaper:
    """What stands on it, from above: *heading*, *site* and when it was *printed*, the *code* as QR if any, *lines*."""

    heading: str
    site: str
    printed: str
    code: str
    lines: tuple[str, ...]
    demo: bool


def pairing_paper(site: str, printed: str, url: str, code: str, use: Use, name: str, *, demo: bool) -> CodePaper:
    """The paper by which a tablet or screen is paired: *url* leads to the page and carries the *code*."""
    lines = (
        " · ".join(filter(None, (WHAT_FOR[use], name))),
        f"Quét bằng máy cần ghép, trong {MINUTES} phút. Mã chỉ dùng một lần.",
        f"Scan it with the device to be paired, within {MINUTES} minutes. It works once.",
        code,
    )
    return CodePaper("GHÉP MÁY · PAIRING", site, printed, url, lines, demo)


def recovery_paper(site: str, printed: str, code: str, name: str) -> CodePaper:
    """The recovery *code* on paper; *name* tells for which backups it is good."""
    lines = (
        code,
        "Mở được mọi bản sao lưu của máy này. Cất nơi an toàn, không để cùng máy, không chụp ảnh.",
        "Opens every backup of this kiosk. Keep it safe, away from the kiosk; take no picture of it.",
        f"{name}",
    )
    return CodePaper("MÃ KHÔI PHỤC · RECOVERY CODE", site, printed, code, lines, demo=False)


def replacement_paper(site: str, printed: str, code: str) -> CodePaper:
    """The *code* of a bundle from which a new card is made."""
    lines = (
        code,
        "Nhập trên máy mới khi thay máy. Mã chỉ mở gói vừa tạo; xong thì hủy giấy này.",
        "Type it on the new card. It opens only the bundle just made; destroy this paper afterwards.",
    )
    return CodePaper("THAY MÁY · REPLACEMENT", site, printed, code, lines, demo=False)


def trust_paper(site: str, printed: str, url: str, fingerprint: Iterable[str], *, demo: bool) -> CodePaper:
    """The paper with which people compare, before a tablet trusts: *url* leads to the page that says how."""
    lines = (
        "Máy tính bảng phải hiện đúng mười sáu nhóm này trước khi tin cậy.",
        "A tablet must show these sixteen groups before you let it trust.",
        *fingerprint,
    )
    return CodePaper("TIN CẬY MÁY NÀY · TRUST", site, printed, url, lines, demo)


def network_paper(printed: str, code: str, network: str, password: str) -> CodePaper:
    """The paper by which a telephone joins the network for setting up: *code* is what it scans."""
    lines = (
        "Quét bằng điện thoại để vào mạng Wi-Fi của máy.",
        "Scan it with a telephone to join the kiosk's Wi-Fi.",
        f"{network}   {password}",
    )
    return CodePaper("1 · WI-FI", "Kiosk", printed, code, lines, demo=False)


def claim_paper(printed: str, url: str, code: str, address: str, fingerprint: Iterable[str]) -> CodePaper:
    """The paper that lets somebody set the kiosk up: *url* is what is scanned, the *code* what is typed."""
    lines = (
        "Quét, hoặc mở địa chỉ này và nhập mã. Trình duyệt cảnh báo một lần: hãy đi tiếp.",
        "Scan it, or open this address and type the code. The browser warns once: go on.",
        address,
        code,
        "Dấu vân tay của máy · The kiosk's fingerprint:",
        *fingerprint,
    )
    return CodePaper("2 · CÀI ĐẶT · SET UP", "Kiosk", printed, url, lines, demo=False)


def trial_paper(site: str, printed: str) -> CodePaper:
    """What a printer prints when it is tried."""
    lines = ("Máy in hoạt động: chữ rõ, giấy cắt được.", "The printer works: letters are clear, the paper is cut.")
    return CodePaper("IN THỬ · TEST", site, printed, "", lines, demo=False)
