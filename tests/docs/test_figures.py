"""Every measured number of the README and the pages is read from a file that a command wrote."""

from __future__ import annotations

import importlib.util
import json
import re

import pytest

from tests.support.places import ROOT

_spec = importlib.util.spec_from_file_location("figures", ROOT / "docs" / "figures.py")
figures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(figures)

# Has a test of its own (tests/research/test_docs.py).
WRITTEN_BY_A_COMMAND = {"research.md"}
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)
MEASURED = re.compile(
    r"\b\d[\d,.]*\s?(?:s|ms|seconds?|minutes?|hours?|kB|MB|GB|TB|times)\b|(?<![\d.])0\.\d\d+\b", re.IGNORECASE
)
# What looks like a measurement and is none.
SETTINGS = {
    "0.138": "the pixel scale, from the published size of the field",
    "0.99": "an example of a rank",
    "1 GB": "the largest upload, in .streamlit/config.toml",
    "16 MB": "the largest FITS cutout, in sources/fits_folder.py",
}
PAGES = [path for path in figures.texts() if path.name not in WRITTEN_BY_A_COMMAND]


@pytest.mark.parametrize("path", figures.texts(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_figure_is_that_of_its_file(path):
    text = path.read_text(encoding="utf-8")
    assert figures.filled(text) == text, "python docs/figures.py --write mends it"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_measured_number_stands_outside_a_mark(path):
    text = CODE.sub("", figures.FIGURE.sub("", path.read_text(encoding="utf-8")))
    assert [found for found in MEASURED.findall(text) if found not in SETTINGS] == []


@pytest.mark.parametrize("path", sorted(figures.RESULTS.glob("*.json")), ids=lambda path: path.name)
def test_result_files_say_nothing_of_whose_machine_it_was(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r'"[^"]*(?:/home/|/root/|/tmp/|/work/|[A-Z]:\\\\)', text)
    for run in json.loads(text).get("runs", {}).values():
        assert {"date", "processor", "cores"} <= set(run["measured"])


def test_every_result_file_is_quoted():
    texts = "".join(path.read_text(encoding="utf-8") for path in figures.texts())
    for path in figures.RESULTS.glob("*.json"):
        assert f"figure: {path.name}#" in texts, f"{path.name} is quoted nowhere"


def test_the_evaluation_is_of_the_weights_that_are_shipped():
    evaluation = json.loads((figures.RESULTS / "evaluation.json").read_text(encoding="utf-8"))
    for found in evaluation["encoders"]:
        card = ROOT / "models" / found["encoder"] / "card.json"
        if card.exists():
            shipped = json.loads(card.read_text(encoding="utf-8"))["metrics"]["balanced_accuracy"]
            assert found["balanced_accuracy"] == pytest.approx(shipped, abs=0.03), found["encoder"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("a <!-- figure: evaluation.json#test_part/objects d -->1", "not a figure"),
        ("a <!-- figure: evaluation.json -->1<!-- end -->", "not a figure"),
        ("<!-- figure: evaluation.json#test_part/objects d -->1<!-- end -->", "must not begin a line"),
        ("a <!-- figure: evaluation.json#test_part/moons d -->1<!-- end -->", "moons"),
        ("a <!-- figure: nothing.json#a d -->1<!-- end -->", "no file benchmarks/results/nothing.json"),
    ],
)
def test_a_wrong_mark_is_named(text, wrong):
    with pytest.raises((ValueError, LookupError), match=wrong):
        figures.filled(text)
