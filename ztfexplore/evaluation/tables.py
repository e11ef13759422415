"""The result of `evaluate` as Markdown tables, and their place in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ztfexplore.catalogue.snapshot import labels_sentence
from ztfexplore.errors import ZtfexploreError

BEGIN, END = "<!-- ztfexplore evaluate: begin -->", "<!-- ztfexplore evaluate: end -->"
DAGGER, MISSING = "†", "-"
Row = Mapping[str, Any]


def evaluation_tables(result: Mapping[str, Any]) -> str:
    """The tables of a result: scores, few labels, differences, geometry, sources, confusion matrices, and the notes."""
    rows: Sequence[Row] = result["encoders"]
    blocks = [
        _heading(result),
        _scores(rows),
        "Balanced accuracy with few labels per class: mean ± standard deviation over draws [95 %, over tested objects "
        "and draws]; a draw takes that many objects of each class from outside the test part, the same for every row.",
        _few(rows),
        "Paired differences in balanced accuracy on the same drawn objects [95 %, not corrected for multiple "
        "comparisons]; an interval that excludes 0 is more than chance.",
        _differences(rows),
        "Geometry on the test part and calibration of the probe. Alignment: mean squared distance on the unit sphere "
        "of two augmented views, and of the alerts of one object. ECE: expected calibration error over objects as they "
        "are, and with classes weighted equally, as the probe is fitted.",
        _geometry(rows),
        *_source_blocks(rows, result["source_without_images"]),
        f"Confusion: alerts of each class, by predicted class ({', '.join(rows[0]['classes'])}).",
        _confusion(rows),
    ]
    if any(_is_marked(row) for row in rows):
        blocks.append(
            f"{DAGGER} Seen in training: labels of alerts outside the test part were used to train this encoder, so "
            "it knew more labels than its columns of few labels say; 'of the test part' says what it saw of that part."
        )
    if "labels_used" in result:
        blocks.append(f"{labels_sentence(result).capitalize()}; the test part's are always the data's.")
    blocks += [f"Note: {note}." for note in result["notes"]]
    return "\n\n".join(blocks)


def replace_between(path: Path, text: str) -> None:
    """Put `text` between the lines BEGIN and END of a file; the rest of it stays.

    Raises:
        ZtfexploreError: if the file cannot be read or written, or does not have both lines once, in this order.
    """
    head, tail = check_marks(path)
    try:
        path.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}", encoding="utf-8")
    except OSError as error:
        raise ZtfexploreError(f"{path}: cannot be written ({error.strerror or error})") from error


def check_marks(path: Path) -> tuple[str, str]:
    """What a file holds before BEGIN and after END.

    Raises:
        ZtfexploreError: if the file cannot be read, or does not have both lines once, in this order.
    """
    try:
        old = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise ZtfexploreError(f"{path}: cannot be read ({error})") from error
    if (old.count(BEGIN), old.count(END)) != (1, 1) or old.index(END) < old.index(BEGIN):
        raise ZtfexploreError(f"{path}: must hold the lines '{BEGIN}' and '{END}', once each")
    return old[: old.index(BEGIN)], old[old.index(END) + len(END) :]


def _heading(result: Mapping[str, Any]) -> str:
    part, rest = result["test_part"], result["fit_part"]
    classes = ", ".join(f"{name} {count}" for name, count in part["objects_by_class"].items())
    return (
        "On the fixed test part, the first fold of `StratifiedGroupKFold(5, shuffle=True, random_state=0)` over the "
        f"labelled objects: {part['alerts']} alerts of {part['objects']} objects ({classes}); probes are fitted on "
        f"{rest['alerts']} alerts of {rest['objects']} others. Images only; an object counts once; 95 % intervals by "
        f"bootstrap over objects. Baselines: {'; '.join(_baselines(result['encoders']))}."
    )


BASELINES = {
    "pca": "`pca`, 64 principal components of the stretched pixels that the encoders see",
    "pca-whole": "`pca-whole`, the same for the whole stamp",
    "random": "`random`, untrained weights of the same network",
    "scratch": "`scratch`, a network trained from scratch on the probe's labels",
}


def _baselines(rows: Sequence[Row]) -> list[str]:
    return [BASELINES[row["encoder"]] for row in rows if row["encoder"] in BASELINES]


def _scores(rows: Sequence[Row]) -> str:
    names = list(rows[0]["recall"])
    head = ["encoder", "balanced accuracy [95 %]", "macro-F1", "k-NN [95 %]", *(f"recall {name}" for name in names)]
    return _table(
        head,
        [
            [
                _name(row),
                _with_interval(row["balanced_accuracy"], row["interval"]),
                _figure(row["macro_f1"]),
                _with_interval(row["knn"], row["knn_interval"]),
                *(_figure(row["recall"][name]) for name in names),
            ]
            for row in rows
        ],
    )


def _few(rows: Sequence[Row]) -> str:
    counts = list(rows[0]["low_labels"])
    cells = [
        [
            _name(row),
            *(_few_cell(row["low_labels"][count]) for count in counts),
            _with_interval(row["balanced_accuracy"], row["interval"]),
        ]
        for row in rows
    ]
    return _table(["encoder", *counts, "all"], cells)


def _few_cell(few: Row | None) -> str:
    if few is None:
        return MISSING
    low, high = few["interval"]
    spread = "" if few["spread"] is None else f" ± {few['spread']:.3f}"
    return f"{few['balanced_accuracy']:.3f}{spread} [{low:.3f}, {high:.3f}]"


def _differences(rows: Sequence[Row]) -> str:
    counts = list(rows[0]["low_labels"])
    cells = []
    for row in rows:
        for other, found in row["difference_to"].items():
            few = [row["low_labels"][count] or {"difference_to": {}} for count in counts]
            compared = [*(part["difference_to"].get(other) for part in few), found]
            cells.append([f"{_name(row)} minus {other}", *map(_difference, compared)])
    return _table(["", *(f"{count} labels" for count in counts), "all labels"], cells)


def _difference(found: Row | None) -> str:
    if found is None:
        return MISSING
    low, high = found["interval"]
    return f"{found['difference']:+.3f} [{low:+.3f}, {high:+.3f}]"


def _geometry(rows: Sequence[Row]) -> str:
    pairs = max((row["alignment"] or {}).get("objects", 0) for row in rows)
    head = ["encoder", "alignment, views", f"alignment, same object ({pairs} objects)"]
    head += ["uniformity", "silhouette", "ECE", "ECE, classes equal"]
    cells = []
    for row in rows:
        aligned, width = row["alignment"] or {}, row["silhouette"] or {}
        figures = [aligned.get("views"), aligned.get("same_object"), row["uniformity"], width.get("mean")]
        figures += [row["calibration"]["ece"], row["calibration"]["ece_balanced"]]
        cells.append([_name(row), *map(_figure, figures)])
    return _table(head, cells)


def _source_blocks(rows: Sequence[Row], control: Row | None) -> list[str]:
    """Text and table of the source probe; nothing if there is only one source."""
    if control is None:
        return []
    first, probed = control, [(_name(row), row["source"]) for row in rows if row["source"] is not None]
    sources = ", ".join(f"{name} {count}" for name, count in first["objects"].items())
    text = (
        f"Does an embedding reveal which file a stamp came from (objects: {sources})? Balanced accuracy by "
        f"cross-validation over objects; chance is {first['chance']:.2f}. The class alone reaches "
        f"{first['class_alone']:.3f}; within one class it reveals nothing. Sources also differ in brightness, seeing "
        "and depth, which an embedding should know: the last row has the class and these, and no image."
    )
    classes = list(first["within_class"])
    head = ["encoder", "embedding [95 %]", "minus class alone [95 %]", *(f"within {name} [95 %]" for name in classes)]
    cells = []
    for name_of_row, told in [*probed, ("class and photometry", control)]:
        within = told["within_class"]
        inside = [_with_interval(within[name]["balanced_accuracy"], within[name]["interval"]) for name in classes]
        accuracy = _with_interval(told["balanced_accuracy"], told["interval"])
        cells.append([name_of_row, accuracy, _difference(told["beyond_class"]), *inside])
    return [text, _table(head, cells)]


def _confusion(rows: Sequence[Row]) -> str:
    names = [name for name in rows[0]["classes"] if name in rows[0]["recall"]]
    cells = []
    for row in rows:
        counts = {name: line for name, line in zip(row["classes"], row["confusion"], strict=True) if name in names}
        cells.append([_name(row), *(" ".join(map(str, counts[name])) for name in names)])
    return _table(["encoder", *names], cells)


def _is_marked(row: Row) -> bool:
    return row["labels_seen_in_training"] or row["seen_of_test_part"] != "nothing"


def _name(row: Row) -> str:
    """The encoder's name, marked if its training saw what it is scored on."""
    name = row["encoder"] + (f" {DAGGER}" if row["labels_seen_in_training"] else "")
    seen = row["seen_of_test_part"]
    return name if seen == "nothing" else f"{name} (seen in training: {seen} of the test part)"


def _with_interval(value: float | None, interval: Sequence[float] | None) -> str:
    return MISSING if value is None or interval is None else f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]"


def _figure(value: float | None) -> str:
    return MISSING if value is None else f"{value:.3f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    # A class name is a person's text: a bar in it would begin a column.
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
