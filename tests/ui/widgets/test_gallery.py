"""The grid of stamps, by AppTest on a page of its own."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def script(path: str, count: int, captions: list | None = None) -> None:
    from pathlib import Path

    from ztfexplore.ui.server.view import view
    from ztfexplore.ui.widgets import gallery

    gallery.show_gallery(view(Path(path)), list(range(count)), captions)


def shown(page: AppTest) -> str:
    assert not page.exception
    return "".join(element.proto.body for element in page.get("html"))


def test_stamps_come_by_48_and_each_links_to_its_object(demo_catalogue):
    page = AppTest.from_function(script, args=(str(demo_catalogue), 100), default_timeout=60).run()
    assert shown(page).count("<img") == 48
    page.button(key="gallery-more").click().run()
    assert shown(page).count("<img") == 96
    page.button(key="gallery-more").click().run()
    found = shown(page)
    assert found.count("<img") == found.count("./?catalogue=demo&amp;candid=") == 100
    assert not page.button


def test_no_rows_are_no_grid_of_any_and_captions_are_text(demo_catalogue):
    page = AppTest.from_function(script, args=(str(demo_catalogue), 0), default_timeout=60).run()
    assert "<img" not in shown(page)
    evil = ["<script>x</script>\n'onload='y", "two"]
    page = AppTest.from_function(script, args=(str(demo_catalogue), 2, evil), default_timeout=60).run()
    assert "<script>" not in shown(page) and "'onload='" not in shown(page)
    assert "&lt;script&gt;x&lt;/script&gt;" in shown(page)
