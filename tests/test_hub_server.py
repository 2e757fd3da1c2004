"""What a hub lets in: who calls it by its name, by HTTPS, with what fits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hubs import RunningHub, running_hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


def asked(hub: RunningHub, path: str, host: str = "") -> int:
    with hub.calling() as connection:
        connection.request("GET", path, headers={"Host": host or f"localhost:{hub.port}"})
        return connection.getresponse().status


def test_it_answers_by_https_to_its_own_name_only(hub: RunningHub) -> None:
    assert asked(hub, "/nothing") == 404
    assert asked(hub, "/nothing", "elsewhere.example") == 400


def test_the_data_directory_can_be_opened_again(tmp_path: Path) -> None:
    for _ in range(2):
        with running_hub(tmp_path) as running:
            verifier = running.house.witness.verifier
            assert asked(running, "/nothing") == 404
    with running_hub(tmp_path) as running:
        assert running.house.witness.verifier == verifier
