"""Training on the probe page: nothing is trained twice."""

from __future__ import annotations

import pytest

from tests.support.pages import html, open_page, show_only
from tests.support.probes import LABELS, build
from ztfexplore.probe.compare import train_probe
from ztfexplore.ui.probe import run

PAGE = "pages/probe.py"


@pytest.fixture
def trained(monkeypatch) -> list[str]:
    """The names of the probes that are trained, in order."""
    names: list[str] = []

    def counted(data, name, config, on_step=None):
        names.append(name)
        return train_probe(data, name, config)

    monkeypatch.setattr(run, "train_probe", counted)
    return names


def test_a_probe_is_trained_once_and_again_only_for_other_settings(trained, tmp_path, monkeypatch):
    made = build(tmp_path / "once", LABELS)
    show_only(made.path, monkeypatch, tmp_path / "none")
    page = open_page(PAGE, probe="random", c="0.1")
    assert not page.exception and trained == ["random"]
    page.run()
    assert html(open_page(PAGE, probe="random", c="0.1")).count("data-testid='probe-card'") == 1
    assert trained == ["random"]
    open_page(PAGE, probe="random", c="0.3")
    assert trained == ["random"] * 2  # another C is another probe
