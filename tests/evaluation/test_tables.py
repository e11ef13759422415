"""The Markdown of a result: every figure at its place, marks where they belong."""

from __future__ import annotations

import pytest

from ztfexplore.errors import ZtfexploreError
from ztfexplore.evaluation import tables


def row(name: str, **changes: object) -> dict:
    few = {"balanced_accuracy": 0.5, "spread": 0.04, "interval": (0.4, 0.6)}
    made = {
        "encoder": name,
        "balanced_accuracy": 0.7123,
        "interval": (0.6, 0.8),
        "macro_f1": 0.66,
        "recall": {"SN": 0.75, "VS": 0.5},
        "classes": ["AGN", "SN", "VS"],
        "confusion": [[0, 0, 0], [1, 3, 0], [0, 2, 2]],
        "knn": 0.6,
        "knn_interval": (0.5, 0.7),
        "seen_of_test_part": "nothing",
        "labels_seen_in_training": False,
        "calibration": {"ece": 0.0412, "ece_balanced": 0.09},
        "alignment": {"views": 0.1, "same_object": None, "objects": 0},
        "uniformity": -1.5,
        "silhouette": {"mean": 0.2, "by_class": {}},
        "low_labels": {"5": {**few, "difference_to": {"pca": {"difference": -0.01, "interval": (-0.05, 0.03)}}}},
        "difference_to": {"pca": {"difference": 0.08, "interval": (-0.01, 0.17)}},
        "source": None,
    }
    return {**made, **changes}


SOURCE = {
    "objects": {"archive": 100, "fink": 30},
    "chance": 0.5,
    "balanced_accuracy": 0.71,
    "interval": (0.67, 0.75),
    "class_alone": 0.647,
    "beyond_class": {"difference": 0.063, "interval": (0.01, 0.12)},
    "within_class": {"SN": {"balanced_accuracy": 0.67, "interval": (0.6, 0.74)}},
}


def result(*rows: dict) -> dict:
    counts = {"objects": 7, "alerts": 8, "objects_by_class": {"SN": 4, "VS": 3}}
    control = rows[0]["source"]
    notes = ["25 labels per class: only AGN 12"]
    return {
        "encoders": list(rows),
        "test_part": counts,
        "fit_part": counts,
        "source_without_images": control,
        "notes": notes,
    }


def test_every_table_has_equal_rows_and_every_figure_is_there():
    text = tables.evaluation_tables(result(row("simclr", source=SOURCE), row("pca", difference_to={})))
    for block in text.split("\n\n"):
        if block.startswith("|"):
            assert len({line.count("|") for line in block.splitlines()}) == 1, block
    assert "| simclr | 0.712 [0.600, 0.800] | 0.660 | 0.600 [0.500, 0.700] | 0.750 | 0.500 |" in text
    assert "| simclr | 0.500 ± 0.040 [0.400, 0.600] | 0.712 [0.600, 0.800] |" in text
    assert "| simclr minus pca | -0.010 [-0.050, +0.030] | +0.080 [-0.010, +0.170] |" in text
    assert "| simclr | 0.100 | - | -1.500 | 0.200 | 0.041 | 0.090 |" in text
    assert "| simclr | 0.710 [0.670, 0.750] | +0.063 [+0.010, +0.120] | 0.670 [0.600, 0.740] |" in text
    assert "| class and photometry | 0.710 [0.670, 0.750] |" in text
    assert "class alone reaches 0.647" in text.replace("\n", " ")
    assert "| simclr | 1 3 0 | 0 2 2 |" in text
    assert text.endswith("Note: 25 labels per class: only AGN 12.")
    assert tables.DAGGER not in text


def test_what_was_seen_in_training_is_marked():
    marked = row("supervised", labels_seen_in_training=True, seen_of_test_part="images and labels")
    text = tables.evaluation_tables(result(marked, row("pca")))
    name = f"| supervised {tables.DAGGER} (seen in training: images and labels of the test part) |"
    assert text.count(name) >= 4
    assert f"{tables.DAGGER} Seen in training" in text
    seen = tables.evaluation_tables(result(row("simclr", seen_of_test_part="images")))
    assert "| simclr (seen in training: images of the test part) |" in seen


def test_a_row_without_embedding_has_gaps():
    nothing = dict.fromkeys(("knn", "knn_interval", "alignment", "uniformity", "silhouette"))
    text = tables.evaluation_tables(result(row("pca"), row("scratch", **nothing, low_labels={"5": None})))
    assert "| scratch | 0.712 [0.600, 0.800] | 0.660 | - |" in text
    assert "| scratch | - | - | - | - | 0.041 |" in text
    assert "| scratch | - | 0.712 [0.600, 0.800] |" in text


def test_a_class_with_a_bar_in_its_name_makes_no_column():
    odd = row("pca", recall={"S|N": 0.7, "VS": 0.5}, classes=["AGN", "S|N", "VS"])
    assert "recall S/N" in tables.evaluation_tables(result(odd))


def test_text_between_the_marks_is_replaced_and_nothing_else(tmp_path):
    path = tmp_path / "file.md"
    path.write_text(f"a\n{tables.BEGIN}\nold\n{tables.END}\nb\n", encoding="utf-8")
    tables.replace_between(path, "| new |")
    tables.replace_between(path, "| newer |")
    assert path.read_text(encoding="utf-8") == f"a\n{tables.BEGIN}\n\n| newer |\n\n{tables.END}\nb\n"


@pytest.mark.parametrize(
    "text", ("", tables.BEGIN, f"{tables.END}\n{tables.BEGIN}", f"{tables.BEGIN}\n{tables.END}\n{tables.BEGIN}")
)
def test_a_file_without_both_marks_once_in_order_is_left_alone(tmp_path, text):
    path = tmp_path / "file.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ZtfexploreError, match="must hold the lines"):
        tables.replace_between(path, "new")
    assert path.read_text(encoding="utf-8") == text


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ZtfexploreError, match=r"gone\.md: cannot be read"):
        tables.check_marks(tmp_path / "gone.md")
