"""Training on the probe page: nothing is trained twice, and a new label, encoder or setting trains what it changes."""

from __future__ import annotations

import pytest

from tests.support.pages import html
from tests.support.probes import LABELS, QUICK, argue, build
from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.probe.compare import train_probe
from ztfexplore.ui.probe import run


@pytest.fixture
def trained(monkeypatch) -> list[str]:
    """The names of the probes that are trained, in order."""
    names: list[str] = []

    def counted(data, name, config, on_step=None):
        names.append(name)
        return train_probe(data, name, config)

    monkeypatch.setattr(run, "train_probe", counted)
    return names


def test_a_probe_is_trained_once_and_again_only_for_other_settings(show, trained, tmp_path):
    path = build(tmp_path / "once", LABELS).path
    page = show(path, probe="random", **QUICK)
    assert trained == ["random"]
    page.run()
    assert html(show(path, probe="random", **QUICK)).count("data-testid='probe-card'") == 1
    assert trained == ["random"]
    show(path, probe="random", c="0.3")
    assert trained == ["random"] * 2  # another C is another probe


def test_another_encoder_trains_only_its_own_probe(show, trained, tmp_path):
    path = argue(tmp_path / "argued")
    show(path, probe="random,noise", **QUICK)
    assert trained == ["random", "noise"]
    page = show(path, probe="noise,random", **QUICK)
    assert trained == ["random", "noise"] and html(page).count("data-testid='probe-card'") == 2


def test_a_new_label_trains_anew(show, trained, tmp_path):
    path = build(tmp_path / "labelled", LABELS).path
    show(path, probe="random", **QUICK)
    frame = Catalogue.open(path).frame(["candid", "survey"])
    Annotations.open(path).add([int(frame["candid"].iloc[-1])], "VS", "me", frame["survey"].iloc[-1])
    show(path, probe="random", **QUICK)
    assert trained == ["random"] * 2


def test_what_cannot_be_trained_is_a_line_and_nothing_is_kept(show, trained, tmp_path):
    page = show(build(tmp_path / "one", ["SN"] * 30).path, probe="random", **QUICK)
    assert len(page.error) == 1 and trained == [] and html(page).count("probe-card") == 0
