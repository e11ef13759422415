"""Pages by AppTest: open one alone or through app.py, read what it says, and ask what its browser would fetch."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from tests.support.places import ROOT
from ztfexplore.ui.data import jobs
from ztfexplore.ui.server.routes import ROUTES

APP = "app.py"
TIMEOUT_SECONDS = 120


def open_page(script: str, through_app: bool = False, **query: str) -> AppTest:
    """Run a page's script (relative to the checkout), by itself as a cold deep link does, or through app.py."""
    page = AppTest.from_file(str(ROOT / (APP if through_app else script)), default_timeout=TIMEOUT_SECONDS)
    if through_app:
        page.run()
        page.query_params.clear()
        page.switch_page(script)
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


def show_only(catalogue: Path, monkeypatch, folder: Path) -> None:
    """Make a catalogue the only one that the pages find; `folder` holds no other."""
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(catalogue))
    monkeypatch.setattr("ztfexplore.paths.DATA", folder)


def data_folder(folder: Path, demo: Path, monkeypatch) -> Path:
    """Make a folder that of all catalogues, with a copy of the small demo in it, which may be changed."""
    shutil.copytree(demo, folder / "demo")
    monkeypatch.delenv("ZTFEXPLORE_CATALOGUE", raising=False)
    monkeypatch.setattr("ztfexplore.paths.DATA", folder)
    monkeypatch.setattr("ztfexplore.paths.DEMO", folder / "demo")
    monkeypatch.setattr("ztfexplore.paths.GALAXIES", folder / "galaxies")
    return folder


def in_url(page: AppTest, name: str) -> str | None:
    """A parameter of the page's address; AppTest gives some as lists."""
    value = page.query_params.get(name)
    return value[0] if isinstance(value, list) else value


# --- what it says ---------------------------------------------------------------------------------------------------


def html(page: AppTest) -> str:
    """Everything that the page wrote as HTML."""
    return "".join(element.proto.body for element in page.get("html"))


def words(page: AppTest) -> str:
    """Text, captions and notices as they read, an element a line."""
    kinds = (page.markdown, page.caption, page.error, page.warning, page.info, page.success)
    return _as_read([element.value for kind in kinds for element in kind])


def notices(page: AppTest) -> str:
    """Only the boxes that report success, information, warnings and errors."""
    kinds = (page.success, page.info, page.warning, page.error)
    return _as_read([element.value for kind in kinds for element in kind])


def _as_read(markdown: list[str]) -> str:
    return "\n".join(markdown).replace("\\", "")


def job_result(page: AppTest) -> jobs.JobResult:
    """The result of the work that the data page did last."""
    return page.session_state[jobs.RESULT]


# --- what its browser gets -----------------------------------------------------------------------------------------


def messages(page: AppTest) -> dict[str, dict]:
    """The messages to the linked maps' component, by role."""
    sent = [json.loads(element.proto.json) for element in page.get("bidi_component")]
    return {message["role"]: message for message in sent if "role" in message}


def neighbours(page: AppTest) -> dict:
    """What the browser fetches about the picked object."""
    panel = messages(page)["panel"]
    query = {"like": ",".join(map(str, panel["like"])), "unlike": ",".join(map(str, panel["unlike"]))}
    query |= {"encoder": panel["encoders"], "same_object": str(int(panel["same_object"]))}
    answer = TestClient(Starlette(routes=ROUTES)).get(f"/{panel['view']}/near", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def stamp_message(page: AppTest) -> dict:
    """What the browser fetches beside the picked object's pixels."""
    stamps = messages(page)["stamps"]
    answer = TestClient(Starlette(routes=ROUTES)).get(f"/{stamps['view']}/pixels/{stamps['row']}")
    return json.loads(answer.headers["x-stamp"])
