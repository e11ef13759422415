"""What the tests share: where the real data are, and catalogues that several tests look at."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Before anything of ours is imported, for this process and its children: no test may touch a person's catalogues.
os.environ["ZTFEXPLORE_DATA"] = tempfile.mkdtemp(prefix="ztfexplore-tests-")

import pytest
import torch

from tests.support.catalogues import embed_and_project
from tests.support.once import once
from tests.support.packets import alerts
from tests.support.places import ROOT
from ztfexplore.alerts.labels_csv import read_labels
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.embeddings import embedding, projection
from ztfexplore.encoders import encoder
from ztfexplore.sources import read_sources
from ztfexplore.sources.simulation.simulate import simulate_alerts

SHARED = Path(os.environ.get("ZTFEXPLORE_SHARED_DATA", ROOT.parent / "shared" / "data"))
# In CI nothing may be missing; on a user's machine what is missing is skipped with the reason.
REQUIRE_ALL = bool(os.environ.get("ZTFEXPLORE_REQUIRE_ALL"))
# The tests' networks are tiny: on a busy machine several threads wait for each other far longer than they work.
torch.set_num_threads(1)


# Folders and files whose tests bear a mark, so that `make check` can leave them out: whole pages, whole commands, and
# what builds catalogues or results of experiments.
MARKS = {
    "tests/browser/": "browser",
    "tests/training/": "training",
    "tests/research/test_runs.py": "training",
    **dict.fromkeys(
        [
            "tests/catalogue/test_annotation",
            "tests/catalogue/test_ingest.py",
            "tests/catalogue/test_uploads.py",
            "tests/cli/",
            "tests/embeddings/test_uploaded_alert.py",
            "tests/encoders/test_shipped.py",
            "tests/evaluation/test_agreement.py",
            "tests/evaluation/test_evaluate.py",
            "tests/pages/",
            "tests/probe/test_comparison.py",
            "tests/research/",
            "tests/sources/test_real",
            "tests/test_demo.py",
            "tests/test_quickstart.py",
            "tests/ui/app/",
            "tests/ui/augmentations/",
            "tests/ui/data/",
            "tests/ui/explore/",
            "tests/ui/labelling/",
            "tests/ui/probe/",
            "tests/ui/research/",
        ],
        "slow",
    ),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by the folder they stand in, and let the long files begin first."""
    for item in items:
        where = item.path.relative_to(ROOT).as_posix()
        for start, mark in MARKS.items():
            if where.startswith(start):
                item.add_marker(mark)
    turn, last = _turns(items), len(items)
    items.sort(key=lambda item: turn.get(item.path, last))


def _turns(items: list[pytest.Item]) -> dict[Path, int]:
    """When the long files begin: early, so that no process waits for another at the end of the run; those with a
    browser in turn with others, since two browsers at once slow each other down."""
    browser = dict.fromkeys(item.path for item in items if item.get_closest_marker("browser"))
    long = dict.fromkeys(i.path for i in items if i.get_closest_marker("training") or i.get_closest_marker("slow"))
    others = [path for path in long if path not in browser]
    return {path: 2 * n for n, path in enumerate(browser)} | {path: 2 * n + 1 for n, path in enumerate(others)}


@pytest.fixture(autouse=True)
def _main_module() -> Iterator[None]:
    """AppTest leaves the page it ran behind as `__main__`, and every process that a test spawns would run it again."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


def missing(reason: str) -> None:
    """Skip the test, or fail it where nothing may be missing."""
    if REQUIRE_ALL:
        pytest.fail(f"{reason}, and ZTFEXPLORE_REQUIRE_ALL is set")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real alerts beside the checkout."""
    if not (SHARED / "ztf" / "labels.csv").exists():
        missing(f"the real alerts are not at {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def node() -> str:
    """Node.js, which runs the components' scripts outside a browser."""
    found = shutil.which("node")
    if found is None:
        missing("Node.js is not installed")
    return found


@pytest.fixture(scope="session")
def typescript() -> Path:
    """The compiler that checks the types of the components' scripts."""
    found = ROOT / "node_modules" / "typescript" / "bin" / "tsc"
    if not found.exists():
        missing("TypeScript is not installed (make js)")
    return found


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium."""
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if found is None:
        missing("Chromium is not installed")
    return str(found)


@pytest.fixture(scope="session")
def demo_catalogue(tmp_path_factory) -> Path:
    """A small simulated catalogue with both embeddings and maps; not to be changed."""

    def build(path: Path) -> None:
        catalogue = Catalogue.create(path)
        ingest(simulate_alerts(150, seed=3), catalogue)
        embed_and_project(catalogue)

    return once(tmp_path_factory, "demo", build)


@pytest.fixture(scope="session")
def real_catalogue(shared_data, tmp_path_factory) -> Path:
    """All real ZTF alerts with both embeddings and maps; not to be changed."""

    def build(path: Path) -> None:
        catalogue = Catalogue.create(path)
        sources = [*sorted((shared_data / "ztf").glob("ztf_public_part*.tar.gz")), shared_data / "fink"]
        ingest(read_sources(sources), catalogue, read_labels(shared_data / "ztf" / "labels.csv"))
        embed_and_project(catalogue)

    return once(tmp_path_factory, "real", build)


@pytest.fixture(scope="session")
def galaxy_catalogue(tmp_path_factory) -> Path:
    """The galaxies of the Hubble picture with the embeddings and maps of two untrained encoders; not to be changed."""

    def build(folder: Path) -> None:
        catalogue = Catalogue.create(folder / "galaxies")
        ingest(read_sources([Path("hubble")]), catalogue)
        other = encoder.random_encoder(seed=7)
        other.name = other.card["name"] = "other"
        encoder.save(other, folder / "other")
        for name in ("random", folder / "other"):
            loaded = encoder.load(name)
            embedding.embed(catalogue, loaded)
            projection.project(catalogue, loaded.name)

    return once(tmp_path_factory, "galaxy", build) / "galaxies"


@pytest.fixture
def catalogue(tmp_path) -> Catalogue:
    """A catalogue of one test's own."""
    return Catalogue.create(tmp_path / "catalogue")


@pytest.fixture
def three_parts(catalogue) -> Catalogue:
    """Nine alerts of one test's own, taken in by three."""
    for start in (0, 3, 6):
        catalogue.add(alerts(*range(start, start + 3)))
    return catalogue
