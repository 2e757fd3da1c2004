"""The pages by which a hub's staff work over real HTTPS: kiosks, what was not taken, cases, what is kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hub_staff import busy, signed_in
from hubs import running_hub

from kiosk.rules.hub_users import HubRole
from kiosk.store.catalogue import Enrolled
from kiosk.web import haproxy

pytestmark = pytest.mark.skipif(haproxy.program() is None, reason=haproxy.NOT_INSTALLED)


def test_an_admin_lets_kiosks_in_and_shuts_them_out(tmp_path: Path) -> None:
    with running_hub(tmp_path) as fresh:
        admin = signed_in(fresh)
        url = fresh.server.front.urls()[0].rstrip("/")
        made = admin.submit("/code", kiosk="cong-1", site="tram-1", url=url)
        assert (made.status, f"{url}/#" in made.text) == (200, True)
        for wrong in ("", "có dấu cách", "x" * 65, "../x", "<b>"):
            assert admin.submit("/code", kiosk=wrong, site="tram-1", url=url).status == 422
        assert admin.submit("/code", kiosk="cong-1", site="tram-1", url="https://evil.example").status == 400
        assert admin.submit("/revoke", kiosk="cong-1").status == 422
        known = Enrolled("cong-1", "tram-1", "key", b"mark", 1)
        fresh.house.catalogue.enrol(known, {"what": "enrolled"})
        assert admin.submit("/code", kiosk="cong-1", site="tram-2", url=url).status == 422
        assert admin.submit("/revoke", kiosk="cong-1").status == 303
        assert "đã thu hồi" in admin.page("/").text
        told = [(leaf.said["what"], leaf.said.get("by")) for leaf in fresh.house.witness.leaves(10)]
        assert {("code", "An admin"), ("revoked", "An admin")} <= set(told)


def test_kiosks_to_look_at_come_first_and_are_found_by_name_and_site(tmp_path: Path) -> None:
    with running_hub(tmp_path) as fresh:
        busy(fresh)
        admin = signed_in(fresh)

        def shown(path: str) -> list[str]:
            return re.findall(r'data-kiosk="([^"]+)"', admin.page(path).text)

        everything = shown("/")
        assert (everything[:3], everything[-1]) == (["cong-2-1", "cong-3-0", "cong-1-2"], "cong-2-2")
        assert shown("/?q=TRAM-Y-TE-1") == ["cong-2-1", "cong-1-1", "cong-3-1"]
        assert shown("/?q=cong-1-") == ["cong-1-2", "cong-1-0", "cong-1-1"]


def test_what_was_not_taken_is_shown_with_its_reason_and_of_one_kiosk(tmp_path: Path) -> None:
    with running_hub(tmp_path) as fresh:
        busy(fresh)
        everything = signed_in(fresh).page("/refused").text
        of_one = signed_in(fresh).page("/refused?kiosk=cong-3-0").text
        assert ("Máy lạ" in everything, "Không khớp" in everything) == (True, True)
        assert ("Máy lạ" in of_one, "entry 812 says something else" in of_one) == (False, True)


def test_an_opening_is_decided_once_by_another_person_who_may_trace(tmp_path: Path) -> None:
    with running_hub(tmp_path) as fresh:
        busy(fresh)
        asker, second = signed_in(fresh, HubRole.TRACER, "Trần Thảo"), signed_in(fresh, HubRole.TRACER, "Lê Sen")
        cases = second.page("/cases").text
        assert cases.index("CA-2026-118") < cases.index("CA-2026-117")
        assert 'name="decision"' not in asker.page("/cases/2").text
        assert asker.submit("/cases/2", decision="approve").status == 422
        assert second.submit("/cases/2", decision="perhaps").status == 400
        assert second.submit("/cases/3", decision="approve").status == 404
        assert second.submit("/cases/2", decision="refuse").status == 303
        assert second.submit("/cases/2", decision="approve").status == 422
        assert "bị từ chối" in asker.page("/cases/2").text
        ended = asker.page("/cases/1").text
        assert "41 trong 612 người có mặt, 38 người có tên" in ended


def test_what_is_kept_and_was_deleted_is_told_in_days_and_sizes(tmp_path: Path) -> None:
    with running_hub(tmp_path) as fresh:
        busy(fresh)
        said = {"what": "purge", "before": "2026-10-31", "stays": 42, "keys": 3}
        fresh.house.witness.record(1, said)
        fresh.house.witness.record(2, {"what": "export", "before": "another", "odd": '"what":"purge"'})
        text = signed_in(fresh, HubRole.AUDITOR).page("/kept").text
        assert len(re.findall(r'scope="row"><time>', text)) >= 5
        assert "mọi thứ trước ngày 2026-10-31: 42 lượt có mặt" in text
        assert "another" not in text
        assert "sau 21 ngày" in text
