"""What to do about each trouble of the house, as a nurse can do it. Pairs: a live page shows its reader's language."""

from __future__ import annotations

from kiosk.devices.base import PrinterStatus
from kiosk.rules.alerts import kind_of
from kiosk.web.words import Words

ELSE = Words(
    "Gọi kỹ thuật và đọc cho họ dòng chữ nhỏ bên dưới.",
    "Call the technician and read them the small line below.",
)

ADVICE: dict[str, Words] = {
    "door": Words(
        "Cửa không trả lời: đèn và máy quét đứng yên. Tắt máy, chờ 10 giây, bật lại; ghi tên lên giấy trong lúc chờ.",
        "The door does not answer. Switch the kiosk off, wait 10 seconds, switch it on; note names on paper meanwhile.",
    ),
    "log": Words(
        "Máy chưa ghi được sổ: người vẫn qua cửa và được đếm. Ghi tên lên giấy, gọi kỹ thuật ngay.",
        "The log cannot be written: people pass and are counted. Note names on paper, call the technician now.",
    ),
    "disk": Words(
        "Ổ đĩa đã đầy, lượt qua cửa sắp không ghi được. Gọi kỹ thuật ngay, không tự xóa gì.",
        "The disk is full; passages can soon not be recorded. Call the technician now, delete nothing yourself.",
    ),
    "space": Words(
        "Ổ đĩa sắp đầy. Gọi kỹ thuật trong hôm nay, không tự xóa gì.",
        "The disk is nearly full. Call the technician today, delete nothing yourself.",
    ),
    "keys": Words(
        "Khóa ngày chưa đổi được. Không tắt máy, gọi kỹ thuật ngay.",
        "The day key could not turn. Leave the kiosk on and call the technician now.",
    ),
    "power": Words(
        "Điện vào máy yếu, máy có thể tự tắt. Dùng bộ nguồn đi kèm, cắm thẳng vào ổ tường, rút bớt thiết bị USB.",
        "The supply is weak and the kiosk may switch off. Use its own power supply, and unplug what USB can spare.",
    ),
    "temperature": Words(
        "Máy quá nóng. Chuyển ra chỗ mát, tránh nắng, không che khe gió.",
        "The kiosk is too hot. Move it into the shade and keep its vents free.",
    ),
    "camera": Words(
        "Lau ống kính, ấn chặt cáp máy ảnh. Trong lúc chờ, dùng máy quét cầm tay hoặc nhập số giấy tờ.",
        "Wipe the lens and press the camera's cable in. Meanwhile use the hand scanner or type the number.",
    ),
    "keyboard": Words(
        "Rút dây máy quét, chờ 5 giây, cắm lại. Trong lúc chờ, nhập số giấy tờ.",
        "Unplug the scanner, wait 5 seconds, plug it in again. Meanwhile type the number.",
    ),
    "lamps": Words(
        "Đèn hoặc còi không chạy. Nhìn màn hình cửa và nói bằng lời với người đến; gọi kỹ thuật xem dây.",
        "Lamps or buzzer do not work. Look at the door display and tell people; have the wires looked at.",
    ),
    "panel": Words(
        "Màn hình cửa không chạy. Tải lại trang trên màn hình; nói bằng lời với người đến.",
        "The door display does not work. Load its page again; meanwhile tell people yourself.",
    ),
    "printer": Words(
        "Xem dây điện và dây dữ liệu của máy in, tắt rồi bật lại. Trong lúc chờ, đọc số trên màn hình cho người đến.",
        "Check the printer's power and data cable, switch it off and on. Meanwhile tell people the number shown.",
    ),
    "paper": Words(
        "Để sẵn một cuộn giấy mới cạnh máy in.",
        "Put a new roll of paper beside the printer.",
    ),
    "spool": Words(
        "Phiếu chờ in vẫn được giữ. Nếu 5 phút nữa chưa in, gọi kỹ thuật.",
        "Tickets that wait are kept. If none is printed within 5 minutes, call the technician.",
    ),
    "voice": Words(
        "Xem dây và nút âm lượng của loa, rồi bấm thử loa. Trong lúc chờ, gọi số bằng lời.",
        "Check the loudspeaker's cable and volume, then press its test. Meanwhile call numbers yourself.",
    ),
    "queue": Words(
        "Hàng chờ có thể đứng yên. Gọi số bằng lời và gọi kỹ thuật.",
        "The queue may stand still. Call numbers yourself, and call the technician.",
    ),
    "clock": Words(
        "Giờ của máy có thể sai. Nối mạng cho máy vài phút, hoặc đặt giờ bằng tay ở dưới; giờ đã ghi sẽ được tính lại.",
        "The kiosk's time may be wrong. Connect it to a network for minutes, or set the time below; what was"
        " recorded is repaired.",
    ),
    "lists": Words(
        "Không đọc được danh sách đăng ký. Đối chiếu bằng danh sách giấy, rồi nhập lại danh sách.",
        "A registration list cannot be read. Use a paper list, then import the list again.",
    ),
    "trust": Words(
        "Một tệp khóa kiểm tra chứng nhận không dùng được; người đến vẫn vào. Báo quản trị viên thay tệp.",
        "A file of keys for certificates cannot be used; people still get in. Tell the admin to replace it.",
    ),
    "requests": Words(
        "Luật buộc trả lời trong hai ngày làm việc. Mở trang Yêu cầu về dữ liệu và trả lời hôm nay.",
        "The law wants an answer within two working days. Open the page of data requests and answer today.",
    ),
    "https": Words(
        "Máy tính bảng chưa vào được trang này qua mạng; dùng màn hình của máy. Gọi kỹ thuật.",
        "Tablets cannot reach these pages by the network; use the kiosk's own screen. Call the technician.",
    ),
    "backups": Words(
        "Cắm thẻ nhớ sao lưu vào máy và chờ đến ngày mai; nếu dòng này còn, báo quản trị viên thay thẻ.",
        "Plug the backup stick into the kiosk and wait until tomorrow; if this stays, tell the admin to replace it.",
    ),
    "sync": Words(
        "Trung tâm chưa có sổ ghi của máy này; sổ vẫn còn ở đây. Xem dây mạng, để máy bật, và báo quản trị viên.",
        "The centre does not have this kiosk's log; it is still here. Check the network cable, leave the kiosk on, and"
        " tell the admin.",
    ),
    "orders": Words(
        "Trung tâm gửi xuống điều máy không nhận. Người đến vẫn vào; báo quản trị viên.",
        "The centre sends what this kiosk does not take. People still get in; tell the admin.",
    ),
    "purge": Words(
        "Dữ liệu cũ chưa xóa được như đã hứa. Báo quản trị viên trong hôm nay.",
        "Old data could not be deleted as promised. Tell the admin today.",
    ),
}
ADVICE |= {"serial": ADVICE["keyboard"], **dict.fromkeys(("buzzer", "relay", "button"), ADVICE["lamps"])}

PRINTER_ADVICE: dict[PrinterStatus, Words] = {
    PrinterStatus.PAPER_OUT: Words(
        "Lắp cuộn giấy mới như hình trong nắp máy in. Phiếu đang chờ sẽ tự in.",
        "Put in a new roll as the picture inside the cover shows. Waiting tickets then print by themselves.",
    ),
    PrinterStatus.COVER_OPEN: Words(
        "Đóng nắp máy in cho đến khi nghe tiếng tách.",
        "Close the printer's cover until it clicks.",
    ),
}


def advice_on(name: str, note: str) -> Words:
    """What to do about the device *name*, of which *note* says what is wrong."""
    for status, words in PRINTER_ADVICE.items():
        if name == "printer" and note.startswith(status.sentence):
            return words
    return ADVICE.get(kind_of(name), ELSE)
