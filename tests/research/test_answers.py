"""Tables and answers follow from the results: made-up results with a known difference, and with gaps."""

from __future__ import annotations

import re

import pytest

from tests.support.research_stub import ARMS, TOO_FEW, known_run, result
from ztfexplore.research import answers, narrative, report, runner, summaries
from ztfexplore.research.phrases import excluded, pick
from ztfexplore.research.results import RARE, read_results
from ztfexplore.research.runs import SKIPPED, RunResult, describe_run
from ztfexplore.research.store import Store


def test_answers_are_made_from_the_numbers(store):
    found = answers.all_answers(store)
    assert set(found) == {"imbalance", "balanced", "augmentations"}
    text = found["imbalance"].answer
    assert re.search(r"falls significantly on simulated stamps \(-0\.\d+ .*\) and on real alerts \(-0\.", text)
    assert re.search(r"minus that of supervised training is [-+]0\.\d+", text)
    assert re.search(r"balanced accuracy on simulated stamps \(-0\.\d+ .* fall significantly", text)
    assert found["imbalance"].effect < -0.2 and "falls" in found["imbalance"].verdict
    assert "is significantly better than SimCLR (+0." in found["balanced"].answer
    assert "is significantly better" in found["balanced"].verdict
    assert "better in 3 of 3 seeds" in " ".join(found["balanced"].details)
    assert found["balanced"].interval[0] > 0 and found["balanced"].p < 0.05
    text = found["augmentations"].answer
    assert "less useful than the astronomical ones" in text and text.startswith(found["augmentations"].verdict)
    assert re.search(r"leaving out rotate of the astronomical set \(-0\.\d+ [^)]*\) costs", text, re.I)
    for one in found.values():
        low, high = one.interval
        assert low < one.effect < high
        assert one.answer.count(". ") == 1 and one.answer.endswith("."), "two sentences"
        assert 0 < len(one.verdict.split()) <= 12
        assert one.details and all(line.endswith(".") for line in one.details)
        assert one.runs > 0 and one.seeds == one.complete_seeds == 3


def test_seeds_behind_an_effect_are_those_that_both_have(tmp_path):
    made = Store(tmp_path / "results", tmp_path / "locks")

    def some(run, arm, say):
        return known_run(run, arm, say) if run.method != "simclr" or run.seed < 1 else failed(run, arm)

    def failed(run, arm):
        return RunResult([describe_run(run, arm.data) | {"status": SKIPPED, "reason": "lost"}], [], [])

    runner.run_missing(["balanced"], ARMS, made, seeds=3, run_one=some)
    found = answers.answer_question(made, "balanced")
    assert (found.seeds, found.complete_seeds) == (3, 1)
    assert "better in 1 of 1 seeds" in " ".join(found.details)
    assert report.ONE_SEED in report.counts_line(found)


def test_a_class_that_was_rare_has_its_own_row_and_what_there_is_to_lose_is_said(store):
    results = read_results(store, "imbalance")
    frame = summaries.imbalance_table(results)
    each = frame[(frame["arm"] == "simulated") & (frame["rare"] != "") & (frame["reason"] == "")]
    whole = pick(frame, arm="simulated", method="simclr", ratio=30, measure=RARE, probe="all", rare="")
    assert each["effect_seeds"].tolist() == [1, 1, 1]
    assert each["effect"].mean() == pytest.approx(whole["effect"])
    details = answers.answer_from_results(results, "imbalance", frame).details
    assert all(name in details[2] for name in each["rare"])
    untrained = results.where(arm="simulated", method="untrained", probe_labels="all")
    simclr = results.where(arm="simulated", method="simclr", ratio=1, probe_labels="all")
    rare = dict(zip(range(3), each["rare"], strict=True))
    gained = results.estimate(simclr, RARE, rare).value - results.estimate(untrained, RARE, rare).value
    assert f"{gained:+.3f} [" in details[0]


def test_what_is_excluded_is_the_end_of_the_interval(store):
    found = answers.all_answers(store)
    low = found["imbalance"].interval[0]
    assert f"losses of SimCLR's recall of more than {-low:.3f} on simulated stamps" in found["imbalance"].details[1]
    assert f"excludes a gain of more than {found['balanced'].interval[1]:.3f}" in found["balanced"].answer
    assert excluded({"effect": 0.2, "effect_low": 0.1, "effect_high": 0.3}, loss=True) == "0.000"
    assert excluded({"effect": 0.2, "effect_low": float("nan"), "effect_high": float("nan")}, loss=True) is None
    assert excluded({}, loss=False) is None


def test_other_numbers_are_another_answer(tmp_path):
    made = Store(tmp_path / "results", tmp_path / "locks")
    runner.run_missing(["balanced"], ARMS, made, seeds=3, run_one=lambda run, arm, say: result(run, arm.data))
    found = answers.answer_question(made, "balanced")
    assert "not significantly better" in found.answer and "not significantly better" in found.verdict
    assert found.interval[0] <= 0 <= found.interval[1]


def test_what_could_not_be_run_is_in_table_and_report_with_its_reason(store):
    frame = summaries.imbalance_table(read_results(store, "imbalance"))
    assert (frame["reason"] == TOO_FEW).sum() == 3
    assert answers.answer_question(store, "imbalance").skipped == {TOO_FEW: 3}
    assert f"Not run (3): {TOO_FEW}." in report.report_markdown(store)


def test_nothing_run_yet_is_said_for_every_condition(tmp_path):
    made = Store(tmp_path)
    for name, found in answers.all_answers(made).items():
        assert (found.answer, found.effect, found.interval, found.runs) == (answers.NO_RUN, None, None, 0), name
        assert found.verdict == narrative.NOT_MEASURED
        frame = summaries.TABLES[name](read_results(made, name))
        assert (frame["reason"] == summaries.NOT_YET).all()
        assert frame["mean"].isna().all()
    assert "not run yet" in report.report_markdown(made)
