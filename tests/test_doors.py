"""What docs/extending.md promises: a survey, a source and a colour mode of this file, in commands and on pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from tests.support.places import ROOT
from ztfexplore import registry
from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.alerts.survey import SURVEYS, Display, Survey
from ztfexplore.cli import main
from ztfexplore.display.colours import colouring
from ztfexplore.sources.source import SOURCES, Head, Match, Source
from ztfexplore.ui.explore.colour_mode import COLOURS, ColourMode

COUNT, SIZE = 24, 31
ATLAS = Survey(
    name="atlas",
    title="ATLAS",
    channels=("science", "template", "difference"),
    stamp_size=SIZE,
    pixel_scale=1.86,
    classes=("SN", "VS"),
    metadata={"dup": "how often it was seen (times)"},
    display=Display(signed=("difference",)),
    nouns=("detection", "detections"),
)


def read(data: bytes, source: str) -> Iterator[Alert | Reject]:
    """One alert per line after the first: an id, a date, a number."""
    for line in data.decode().splitlines()[1:]:
        try:
            candid, mjd, dup = line.split()
            yield alert(int(candid), float(mjd), float(dup), source)
        except ValueError:
            yield Reject(source, Reason.DAMAGED_PACKET, f"{line!r} is not an id, a date and a number")


def alert(candid: int, mjd: float, dup: float, source: str) -> Alert:
    noise = np.random.default_rng(candid).normal(0, 1, (3, SIZE, SIZE)).astype("f4")
    noise[:, SIZE // 2, SIZE // 2] += 50
    return Alert(ATLAS.name, candid, f"A{candid}", 10.0, 20.0, mjd, "o", 18.0, noise, source, candidate={"dup": dup})


def read_whole(read_member, path: Path, on_bytes) -> Iterator[Alert | Reject]:
    yield from read_member(path.read_bytes(), str(path))
    on_bytes(path.stat().st_size)


def recognise(head: Head) -> Match:
    return Match.START if head.start.startswith(b"#atlas") else Match.NO


class Parity(ColourMode):
    """Even and odd."""

    name = "parity"
    label = "parity of the id"
    explanation = "whether the id is even"

    def colours(self, view, choice, encoders):
        return colouring(pd.Series(np.where(view.frame["candid"] % 2, "odd", "even"), name=self.name), self.label)


@pytest.fixture
def doors(monkeypatch):
    """All three, for one test."""
    read_file = partial(read_whole, read)
    source = Source("atlas", "ATLAS in a text file", "text", recognise, read_file, read)
    monkeypatch.setattr(registry, "problems", [])
    with ExitStack() as stack:
        stack.enter_context(SURVEYS.temporarily(ATLAS))
        stack.enter_context(SOURCES.temporarily(source))
        stack.enter_context(COLOURS.temporarily(Parity()))
        yield
    assert registry.problems == []


@contextmanager
def gone(survey: str) -> Iterator[None]:
    entry = SURVEYS._entries.pop(survey)
    try:
        yield
    finally:
        SURVEYS._entries[survey] = entry


def command(*arguments: object) -> dict:
    done = CliRunner().invoke(main, [*map(str, arguments), "--json"])
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def night(tmp_path) -> Path:
    lines = [f"{2**60 + number} {60_000 + number} {number % 5}" for number in range(COUNT)]
    (tmp_path / "night.txt").write_text("\n".join(["#atlas", *lines, "nonsense"]))
    return tmp_path / "night.txt"


def test_from_ingest_to_the_page(doors, night, tmp_path, monkeypatch):
    where = ("--catalogue", tmp_path / "atlas")
    told = command("ingest", night, *where)
    assert (told["accepted"], told["rejected"], told["reasons"]) == (COUNT, 1, {"damaged packet": 1})
    assert command("ingest", night, "--format", "atlas", *where)["duplicates"] == COUNT
    assert command("info", *where)["surveys"] == {"atlas": COUNT}
    for encoder in ("random", "pca"):
        assert command("embed", "--encoder", encoder, *where)["embedded"] == COUNT
        command("project", "--encoder", encoder, *where)
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(tmp_path / "atlas"))
    monkeypatch.setattr("ztfexplore.paths.DATA", tmp_path / "data")
    page = AppTest.from_file(str(ROOT / "pages" / "explore.py"), default_timeout=60)
    page.query_params["colour"] = "parity"
    page.run()
    assert not page.exception
    (box,) = [box for box in page.selectbox if box.label == "Colour by"]
    assert {"parity of the id", "dup"} <= set(box.options) and "whether the id is even" in box.help
    sent = [json.loads(element.proto.json) for element in page.get("bidi_component")]
    (maps,) = [message for message in sent if message.get("role") == "maps"]
    assert {entry["name"]: entry["count"] for entry in maps["colour"]["entries"]} == {"even": 12, "odd": 12}
    assert any("Each point is a detection" in element.value for element in page.markdown)
    picked = AppTest.from_file(str(ROOT / "pages" / "explore.py"), default_timeout=60)
    picked.query_params["candid"] = f"atlas:{2**60 + 3}"
    with gone(ATLAS.name):  # as after a plugin that no longer loads
        picked.run()
    assert not picked.exception
    assert any(f"{2**60 + 3}" in element.proto.body for element in picked.get("html"))
    data = AppTest.from_file(str(ROOT / "pages" / "data.py"), default_timeout=60).run()
    assert not data.exception
    assert any("ATLAS" in str(frame.value) for frame in data.dataframe)


def test_the_help_offers_the_format(doors):
    text = " ".join(CliRunner().invoke(main, ["ingest", "--help"]).stdout.split())
    assert (
        re.search(r"--format \[auto\|ztf\|fink\|rubin\|fits\|atlas\]", text) and "atlas: ATLAS in a text file" in text
    )


def test_without_them_their_files_are_rejected_and_their_catalogues_say_so(night, tmp_path):
    done = CliRunner().invoke(main, ["ingest", str(night), "--catalogue", str(tmp_path / "none")])
    assert done.exit_code == 1 and "neither Avro, Parquet, FITS nor a tar archive" in done.stderr


def test_what_was_left_out_stands_on_the_data_page(monkeypatch, tmp_path, demo_catalogue):
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(demo_catalogue))
    monkeypatch.setattr("ztfexplore.paths.DATA", tmp_path)
    line = "plugin mine (module): left out, it cannot be loaded (ValueError: no)"
    monkeypatch.setattr(registry, "problems", [line])
    page = AppTest.from_file(str(ROOT / "pages" / "data.py"), default_timeout=60).run()
    assert not page.exception
    assert any("plugin mine" in warning.value for warning in page.warning)
