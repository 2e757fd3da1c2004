"""What corrections are called, and the reasons that staff give most, Vietnamese and English."""

from __future__ import annotations

from kiosk.rules.corrections import Act
from kiosk.web.words import Words

# As the log's lines and the page of a person say it, once it is done.
DONE: dict[str, Words] = {
    Act.EXIT: Words("Đã sửa: ghi giờ ra", "Corrected: the exit was stated"),
    Act.STILL_HERE: Words("Đã sửa: vẫn ở trong", "Corrected: still inside"),
    Act.CAME_IN: Words("Đã sửa: lượt ra là lượt vào", "Corrected: the exit was an entry"),
    Act.WENT_OUT: Words("Đã sửa: lượt vào là lượt ra", "Corrected: the entry was an exit"),
    Act.NEVER_HERE: Words("Đã sửa: không có lượt này", "Corrected: nobody was here"),
    Act.LINK: Words("Đã sửa: gộp hai lượt", "Corrected: two visits were joined"),
    Act.UNLINK: Words("Đã sửa: tách lượt ra", "Corrected: the exit was split off"),
    Act.EXIT_OF_OTHER: Words("Đã sửa: lượt ra của người khác", "Corrected: the exit was another's"),
    Act.UNDO: Words("Đã hoàn tác một lần sửa", "A correction was undone"),
}

# On the buttons, and what each is for.
OFFERS: dict[Act, tuple[Words, Words]] = {
    Act.EXIT: (
        Words("Ra mà không quét", "Left without scanning"),
        Words("Người này đã về nhưng không ai thấy. Ghi giờ ra.", "They went and nobody saw it. State when."),
    ),
    Act.STILL_HERE: (
        Words("Vẫn ở trong", "Still inside"),
        Words("Lượt ra bị ghi nhầm; người này chưa về.", "The exit was recorded by mistake; they have not left."),
    ),
    Act.CAME_IN: (
        Words("Là lượt vào", "It was an entry"),
        Words("Lượt ra này là quét nhầm chiều; lúc đó họ vào.", "Scanned the wrong way: they came in then."),
    ),
    Act.WENT_OUT: (
        Words("Là lượt ra", "It was an exit"),
        Words("Lượt vào này là quét nhầm chiều; lúc đó họ ra.", "Scanned the wrong way: they went out then."),
    ),
    Act.NEVER_HERE: (
        Words("Không có người này", "Nobody was here"),
        Words("Quét thử, hoặc mã của người không có mặt.", "A trial, or the code of somebody who was not there."),
    ),
    Act.LINK: (
        Words("Gộp hai lượt", "Join two visits"),
        Words("Hai lượt là của cùng một người.", "Two visits are one person's."),
    ),
    Act.UNLINK: (
        Words("Lượt ra không phải của họ", "The exit was not theirs"),
        Words("Người khác đã ra; chưa biết là ai.", "Somebody else left; nobody knows who."),
    ),
    Act.EXIT_OF_OTHER: (
        Words("Lượt ra của người khác", "The exit was another's"),
        Words("Người khác đã ra; chọn lượt của người đó.", "Somebody else left; choose their visit."),
    ),
}

# What is given most as a reason; anything else is typed. The log keeps the Vietnamese words.
WHYS = {
    Act.EXIT: (
        Words("Quên quét khi ra", "Forgot to scan out"),
        Words("Ra lối khác", "Left another way"),
        Words("Máy không đọc được", "Could not be scanned"),
    ),
    Act.STILL_HERE: (
        Words("Gặp người này ở trong", "Seen inside"),
        Words("Quét nhầm khi chờ", "Scanned again while waiting"),
    ),
    Act.CAME_IN: (Words("Quét nhầm chiều", "Scanned the wrong way"),),
    Act.WENT_OUT: (Words("Quét nhầm chiều", "Scanned the wrong way"),),
    Act.NEVER_HERE: (
        Words("Quét nhầm người", "The wrong person was scanned"),
        Words("Gõ nhầm số", "A wrong number was typed"),
        Words("Quét thử", "A trial"),
    ),
    Act.LINK: (
        Words("Một người hai mã", "One person, two codes"),
        Words("Một người quét hai lần", "One person scanned twice"),
    ),
    Act.UNLINK: (
        Words("Trùng tên, năm sinh", "Same name and birth year"),
        Words("Cầm nhầm phiếu", "Had another's slip"),
    ),
    Act.EXIT_OF_OTHER: (
        Words("Trùng tên, năm sinh", "Same name and birth year"),
        Words("Cầm nhầm phiếu", "Had another's slip"),
    ),
    Act.UNDO: (Words("Sửa nhầm", "Corrected by mistake"),),
}
