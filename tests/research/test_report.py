"""The report: answers and tables as Markdown, written between marks."""

from __future__ import annotations

import pytest

from ztfexplore.errors import ZtfexploreError
from ztfexplore.research import answers, report


def test_a_file_gets_the_tables_between_its_marks(store, tmp_path):
    path = tmp_path / "paper.md"
    path.write_text(f"before\n{report.begin_mark('balanced')}\nold\n{report.end_mark('balanced')}\nafter\n")
    assert report.write_report(store, path) == 1
    text = path.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text
    assert answers.answer_question(store, "balanced").answer in text
    report.write_report(store, path)
    assert path.read_text() == text
    path.write_text("no marks")
    with pytest.raises(ZtfexploreError, match="contains no line"):
        report.write_report(store, path)


def test_every_table_is_a_rectangle(store):
    for block in report.report_markdown(store).split("\n\n"):
        lines = [line for line in block.splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) <= 1, block[:80]


def test_a_bar_in_a_cell_is_no_column():
    assert report.markdown_table(["a"], [["x|y"]]).splitlines()[-1] == "| x/y |"


@pytest.mark.parametrize("marks", ["begin", "end", "both, reversed"])
def test_half_a_pair_of_marks_is_refused_and_the_file_left_alone(store, tmp_path, marks):
    begin, end = report.begin_mark("balanced"), report.end_mark("balanced")
    text = {"begin": begin, "end": end, "both, reversed": f"{end}\n{begin}"}[marks]
    path = tmp_path / "paper.md"
    path.write_text(text)
    with pytest.raises(ZtfexploreError, match=r"paper\.md"):
        report.write_report(store, path)
    assert path.read_text() == text
