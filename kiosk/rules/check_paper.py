"""How a kiosk is, on paper: where its pages are, what it runs, what works and what does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kiosk.rules.code_paper import CodePaper

# What is looked at, in Vietnamese, by its name in English.
VIETNAMESE = {
    "settings": "thiết lập",
    "door": "cửa",
    "pages": "trang",
    "clock": "đồng hồ",
    "disk": "ổ đĩa",
    "machine": "máy",
    "keys": "khóa",
    "log": "sổ ghi",
    "decoders": "đọc mã",
    "outputs": "đèn, còi",
    "tablets": "máy tính bảng",
    "backups": "sao lưu",
    "printer": "máy in",
    "paper": "giấy in",
    "spool": "phiếu chờ in",
    "camera": "máy ảnh",
    "keyboard": "máy quét",
    "serial": "máy quét",
    "scanner": "máy quét",
    "sync": "trung tâm",
    "lamps": "đèn",
    "voice": "loa",
    "lists": "danh sách",
    "first settings": "thiết lập trên thẻ",
    "space": "chỗ trống",
    "temperature": "nhiệt độ",
    "power": "nguồn điện",
    "queue": "hàng chờ",
}
OF_A_DEVICE = "device "
IN_A_LINE = 4  # a line too long for the paper is cut


@dataclass(frozen=True, slots=True)
class Looked:
    """Something that was looked at: what it is, whether it works, and what is said of it in English."""

    name: str
    ok: bool
    note: str = ""

    @property
    def words(self) -> str:
        """Its name in Vietnamese and English."""
        name = self.name.removeprefix(OF_A_DEVICE)
        return f"{VIETNAMESE[name]} · {name}" if name in VIETNAMESE else name


@dataclass(frozen=True, slots=True)
class State:
    """A kiosk as it is: which, its version, the addresses of its pages, and what was looked at."""

    kiosk: str
    version: str
    addresses: Sequence[str]
    looked: Sequence[Looked]


def check_paper(site: str, printed: str, state: State, *, demo: bool) -> CodePaper:
    """The paper that tells *state*; its code leads to the pages."""
    code = state.addresses[0] if state.addresses else ""
    return CodePaper("KIỂM TRA · CHECK", site, printed, code, tuple(_lines(state)), demo)


def _lines(state: State) -> Iterator[str]:
    yield f"{state.kiosk} · {state.version}"
    yield from state.addresses or ("Máy tính bảng chưa vào được. · Tablets are not let in.",)
    wrong = [each for each in state.looked if not each.ok]
    yield "CÓ LỖI · NOT ALL IS WELL" if wrong else "TỐT · ALL IS WELL"
    yield from (f"✗ {each.words}: {each.note}" for each in wrong)
    fine = list(dict.fromkeys(each.words for each in state.looked if each.ok))
    yield from (f"✓ {', '.join(fine[at : at + IN_A_LINE])}" for at in range(0, len(fine), IN_A_LINE))
