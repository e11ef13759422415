"""The public schemas: all of them are there, can be parsed, and bring a packet back as it was."""

from __future__ import annotations

import pytest

from tests.support.rubin import SOURCE_ID, body, packet
from ztfexplore.sources.lsst import schemas


def test_the_versions_in_use_are_there():
    assert list(schemas.known().items()) == [
        (700, "7.0"), (701, "7.1"), (702, "7.2"), (703, "7.3"), (704, "7.4"), (800, "8.0"), (900, "9.0"),
        (1000, "10.0"), (1100, "11.0"), (1101, "11.1"),
    ]  # fmt: skip


@pytest.mark.parametrize("number", schemas.known())
def test_a_packet_comes_back_as_it_was(number):
    given = packet(number)
    found = schemas.decode(body(given, number), schemas.schema(number))
    assert found["diaSource"]["diaSourceId"] == SOURCE_ID
    assert {name: found[name] for name in given if "cutout" in name} == {
        name: given[name] for name in given if "cutout" in name
    }


def test_bytes_after_a_packet_are_noticed():
    with pytest.raises(ValueError, match="3 bytes are left"):
        schemas.decode(body(packet()) + b"abc", schemas.schema(1100))


def test_the_licence_and_where_they_come_from_lie_beside_them():
    assert "GNU GENERAL PUBLIC LICENSE" in (schemas.FOLDER / "LICENSE").read_text(encoding="utf-8")
    assert "github.com/lsst/alert_packet" in (schemas.FOLDER / "README.md").read_text(encoding="utf-8")
