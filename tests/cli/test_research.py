"""The commands research run, show and merge."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from tests.support.research_stub import StubArm, known_results, result
from ztfexplore.cli import main
from ztfexplore.research import runner
from ztfexplore.research.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    """Results of all experiments; not to be changed."""
    return known_results(tmp_path_factory)


def test_show_prints_json_text_and_tables_without_a_catalogue(store):
    folder = str(store.folder)
    said = CliRunner().invoke(main, ["research", "show", "--results", folder, "--json"])
    assert said.exit_code == 0, said.output
    found = json.loads(said.stdout)
    for name in ("imbalance", "balanced", "augmentations"):
        assert {"verdict", "answer", "effect", "interval", "runs", "seeds"} <= set(found[name])
        assert found[name]["interval"][0] < found[name]["effect"] < found[name]["interval"][1]
    text = CliRunner().invoke(main, ["research", "show", "--results", folder]).stdout
    for one in found.values():
        assert one["answer"] in text and one["verdict"] in text
    assert (
        "| simclr | balanced accuracy |"
        in CliRunner().invoke(main, ["research", "show", "--results", folder, "--tables"]).stdout
    )


def test_merge_takes_over_what_is_not_there(tmp_path):
    arms = {"real": StubArm("real")}
    there = Store(tmp_path / "there", tmp_path / "locks")
    runner.run_missing(["balanced"], arms, there, seeds=1, run_one=lambda run, arm, say: result(run, arm.data))
    said = CliRunner().invoke(main, ["research", "merge", str(there.folder), "--results", str(tmp_path / "here")])
    assert said.exit_code == 0, said.output
    assert "balanced: 12 runs copied" in said.stdout
    assert Store(tmp_path / "here").done("balanced") == there.done("balanced")


def test_without_a_catalogue_what_needs_one_says_so(tmp_path):
    said = CliRunner().invoke(main, ["research", "run", "balanced", "--results", str(tmp_path)])
    assert said.exit_code != 0
    assert "--catalogue" in said.stderr
