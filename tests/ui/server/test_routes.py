"""The addresses beside the pages: what they answer, and what they say when they cannot."""

from __future__ import annotations

import io
import json
import re
from urllib.parse import urljoin

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding
from ztfexplore.embeddings.neighbours import NeighbourIndex
from ztfexplore.ui.server import view as resources
from ztfexplore.ui.server.assets import code, plotly_url, script_url
from ztfexplore.ui.server.published import publish, publish_view
from ztfexplore.ui.server.routes import ROUTES


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(Starlette(routes=ROUTES))


@pytest.fixture(scope="module")
def view(demo_catalogue):
    return resources.view(demo_catalogue)


@pytest.fixture
def address(view) -> str:
    return "/" + publish_view(view)


def test_bytes_come_back_as_they_were(client):
    values = np.random.default_rng(0).normal(size=(2, 500)).astype("<f4")
    answer = client.get("/" + publish(values))
    assert np.array_equal(np.frombuffer(answer.content, "<f4").reshape(2, 500), values)
    assert "immutable" in answer.headers["cache-control"]


def test_a_stamp_is_a_picture_and_its_pixels_are_exact(client, address, view):
    picture = Image.open(io.BytesIO(client.get(f"{address}/stamp/7.png").content))
    assert picture.format == "PNG" and picture.size == (3 * 63 + 4, 63)
    answer = client.get(f"{address}/pixels/7")
    message = json.loads(answer.headers["x-stamp"])
    assert message["names"] == ["science", "template", "difference"] and message["pixelScale"] > 0
    pixels = np.frombuffer(answer.content, "<f4").reshape(message["shape"])
    np.testing.assert_array_equal(pixels, view.catalogue.stamps([7])[0])


def test_neighbours_are_those_of_the_embedding_and_candids_are_text(client, address, view, demo_catalogue):
    found = client.get(f"{address}/near?like=3&encoder=simclr&encoder=s-simclr").json()
    frame = view.frame
    for panel, name in zip(found["panels"], ("simclr", "s-simclr"), strict=True):
        values = embedding.read_embedding(Catalogue.open(demo_catalogue), name).values
        expected = NeighbourIndex.of(frame, values).query(3, 12)
        assert [item["row"] for item in panel["items"]] == expected.rows.tolist()
        assert [item["candid"] for item in panel["items"]] == [str(c) for c in frame["candid"].iloc[expected.rows]]
        np.testing.assert_allclose([item["distance"] for item in panel["items"]], expected.distances, rtol=1e-5)
        same = (frame["label"].iloc[expected.rows] == frame["label"].iloc[3]).sum()
        assert f"{same} of 12 labelled neighbours are {frame['label'].iloc[3]}" in panel["note"]


def test_several_at_once_are_a_mean_and_some_can_be_kept_away(client, address, view):
    def rows(words: str) -> list[int]:
        found = client.get(f"{address}/near?encoder=simclr&{words}").json()
        return [item["row"] for item in found["panels"][0]["items"]]

    vectors = embedding.read_embedding(view.catalogue, "simclr").values
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    wanted = unit[[3, 40]].mean(axis=0) - 0.5 * unit[[90]].mean(axis=0)
    order = np.argsort(-(unit @ (wanted / np.linalg.norm(wanted))), kind="stable")
    objects = view.frame["object_id"].to_numpy()
    others = [row for row in order.tolist() if objects[row] not in set(objects[[3, 40, 90]])]
    assert rows("like=3,40&unlike=90") == others[:12]
    assert rows("like=3,40") != rows("like=3")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/stamp/99999999.png", "row"),
        ("/stamp/-1.png", "row"),
        ("/stamp/1e3.png", "row"),
        ("/stamp/²٣.png", "row"),
        ("/pixels/x", "row"),
        ("/near?encoder=simclr", "no object"),
        ("/near?like=abc&encoder=simclr", "abc"),
        ("/near?like=" + ",".join(map(str, range(70))) + "&encoder=simclr", "too many"),
    ],
)
def test_nonsense_is_named_in_a_line(client, address, path, says):
    answer = client.get(address + path)
    assert answer.status_code == 404 and says in answer.text
    assert "\n" not in answer.text and "Traceback" not in answer.text
    assert answer.headers["content-type"].startswith("text/plain")


def test_unknown_encoders_are_passed_over(client, address):
    assert client.get(f"{address}/near?like=1&encoder=../../etc&encoder=simclr").json()["panels"][0]["items"]


def test_a_forgotten_view_says_reload(client):
    answer = client.get("/zx/0123456789abcdef/stamp/1.png")
    assert answer.status_code == 404 and "reload" in answer.text


@pytest.mark.parametrize("name", ["../mount.py", "..%2Fmount.py", "maps.py", "none.js", "linked_maps.css"])
def test_only_our_scripts_are_served(client, name):
    assert client.get(f"/zx/code/abc/linked_maps/{name}").status_code == 404
    assert client.get(f"/zx/code/abc/{name}").status_code == 404


def test_every_script_that_the_page_needs_is_served(client):
    """From the first one on, by the addresses that a browser makes of what they import."""
    waiting, seen = ["/" + script_url("linked_maps/main.js")], set()
    while waiting:
        address = waiting.pop()
        seen.add(address)
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["content-type"].startswith("text/javascript")
        found = {urljoin(address, name) for name in re.findall(r'^import .*"([^"]+)";$', answer.text, re.MULTILINE)}
        waiting += found - seen - set(waiting)
    assert {address.split("/", 4)[4] for address in seen} == set(code()), "a script that no other imports"


def test_plotly_is_served(client):
    assert b"plotly.js" in client.get("/" + plotly_url()).content[:200]


def test_the_points_of_the_maps_come_as_a_table(client, address, view):
    answer = client.get(f"{address}/points.csv?encoder=simclr&encoder=nobody&encoder=s-simclr")
    assert "attachment" in answer.headers["content-disposition"]
    table = pd.read_csv(io.BytesIO(answer.content))
    assert table.columns.tolist()[4:] == ["simclr_x", "simclr_y", "s-simclr_x", "s-simclr_y"]
    assert table["candid"].tolist() == view.frame["candid"].tolist()
    np.testing.assert_allclose(table[["simclr_x", "simclr_y"]], view.map("simclr").points, rtol=1e-5)
