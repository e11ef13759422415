"""The notebook runs from its first cell to its last, and the conda environment names what it needs."""

from __future__ import annotations

import re
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
import yaml
from nbclient import NotebookClient

from tests.support.places import ROOT

NOTEBOOK = ROOT / "docs" / "quickstart.ipynb"
SECONDS = 240  # of one cell, on a busy machine


@pytest.fixture(scope="module")
def committed():
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def executed(committed, tmp_path_factory):
    """The notebook after all its cells, on a small catalogue of its own, by this Python."""
    notebook = deepcopy(committed)
    notebook.cells.append(nbformat.v4.new_code_cell("import sys; print(sys.executable)"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZTFEXPLORE_DATA", str(tmp_path_factory.mktemp("quickstart")))
        patch.setenv("ZTFEXPLORE_QUICKSTART_ALERTS", "150")
        patch.setenv("OMP_NUM_THREADS", "1")
        # As `pip install -e .` would have it: the notebook runs in docs/.
        patch.setenv("PYTHONPATH", str(ROOT))
        client = NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": "."}})
        return client.execute(cwd=str(NOTEBOOK.parent))


def printed(cell) -> str:
    return "".join(out["text"] for out in cell["outputs"] if out["output_type"] == "stream" and out["name"] == "stdout")


def shown(executed, kind: str) -> list:
    """All outputs of a MIME type."""
    outs = [out for cell in executed.cells if cell.cell_type == "code" for out in cell.outputs]
    return [out["data"][kind] for out in outs if kind in out.get("data", {})]


def test_it_ran_in_this_python(executed):
    assert Path(printed(executed.cells[-1]).strip()) == Path(sys.executable)


def test_it_shows_the_query_with_eight_neighbours(executed):
    (gallery,) = [html for html in shown(executed, "text/html") if "the query" in html]
    assert gallery.count("<img src='data:image/png;base64,") == 9
    distances = [float(text) for text in re.findall(r"distance ([\d.]+)", gallery)]
    assert len(distances) == 8 and distances == sorted(distances)


def test_the_probe_gives_an_interval_for_each_encoder(executed):
    text = "".join(printed(cell) for cell in executed.cells if cell.cell_type == "code")
    found = re.findall(r"(\S+): balanced accuracy ([\d.]+) \[([\d.]+), ([\d.]+)\], (\d+) objects", text)
    assert [name for name, *_ in found] == ["simclr", "pca"]
    for _, value, low, high, objects in found:
        assert float(low) <= float(value) <= float(high) and int(objects) == 30


def test_both_figures_have_axes_with_titles(executed):
    figures = shown(executed, "application/vnd.plotly.v1+json")
    assert len(figures) == 2
    assert all(figure["data"] and figure["layout"]["yaxis"]["title"]["text"] for figure in figures)
    assert "trustworthiness" in figures[1]["layout"]["title"]["text"]


def test_it_is_committed_without_outputs(committed):
    """They would go stale, and tell whose machine it was."""
    code = [cell for cell in committed.cells if cell.cell_type == "code"]
    assert len(code) > 4
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert "/home" not in NOTEBOOK.read_text(encoding="utf-8") and "/work" not in NOTEBOOK.read_text(encoding="utf-8")


def test_the_conda_environment_takes_the_requirements_from_their_file():
    asked = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert asked["channels"][0] == "conda-forge" and "defaults" not in asked["channels"]
    plain = [one for one in asked["dependencies"] if isinstance(one, str)]
    (pip,) = [one["pip"] for one in asked["dependencies"] if isinstance(one, dict)]
    assert "-r requirements.txt" in pip and (ROOT / "requirements.txt").exists()
    assert "pip" in plain and "ipykernel" in plain and any(one.startswith("jupyter") for one in plain)
    python = next(one for one in plain if one.startswith("python"))
    required = re.search(r'requires-python = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert required and python == f"python{required.group(1)}"
    # Two lists of the same packages would drift apart.
    assert all(one.startswith("-") for one in pip)
