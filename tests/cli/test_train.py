"""The command `ztfexplore train`: its values, its options, what it prints and where."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from tests.support.trainings import cut_off_at, each_method, sixty_alerts
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.cli import main
from ztfexplore.encoders.encoder import load
from ztfexplore.errors import TrainingError
from ztfexplore.training import train as training
from ztfexplore.training.config import METHODS, TrainConfig

SMALL = ("--method", "simclr", "--simulated", "0", "--batch-size", "16")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory) -> Catalogue:
    """Not to be changed."""
    return sixty_alerts(tmp_path_factory.mktemp("train"))


@pytest.fixture
def asked(monkeypatch) -> list[TrainConfig]:
    """The configurations that the command would have trained."""
    seen: list[TrainConfig] = []

    def stop(catalogue, config, output, **_):
        seen.append(config)
        raise TrainingError("that will do")

    monkeypatch.setattr(training, "train", stop)
    return seen


def command(catalogue: Catalogue, *arguments: object):
    return CliRunner().invoke(main, ["train", "--catalogue", str(catalogue.path), *map(str, arguments)])


@each_method
def test_the_command_trains_with_the_method_s_values(catalogue, method, asked, tmp_path):
    done = command(catalogue, "--method", method, "--output", tmp_path)
    assert asked == [METHODS[method].config]
    assert done.exit_code == 1 and done.stderr.splitlines()[-1] == "ztfexplore: that will do"


def test_every_option_of_the_command_is_heard(catalogue, asked, tmp_path):
    options = "--backbone rotation-cnn --crop 27 --recipe none --simulated 7 --epochs 3 --batch-size 5"
    options += " --temperature 0.7 --learning-rate 0.01 --seed 9"
    for flag, balanced in (("--balanced", True), ("--natural", False)):
        command(catalogue, "--method", "supervised", "--output", tmp_path, *options.split(), flag)
        assert asked.pop() == replace(
            METHODS["supervised"].config,
            encoder=replace(METHODS["supervised"].config.encoder, backbone="rotation-cnn", crop=27),
            recipe="none",
            simulated=7,
            balanced=balanced,
            epochs=3,
            batch_size=5,
            temperature=0.7,
            learning_rate=0.01,
            seed=9,
        )


def test_the_command_names_the_choices_there_are(catalogue, tmp_path):
    for option, wrong, there in (("--method", "moco", "simsiam"), ("--backbone", "vgg", "rotation-cnn")):
        done = command(catalogue, "--output", tmp_path, "--method", "simclr", option, wrong)
        assert done.exit_code == 2 and wrong in done.stderr and there in done.stderr


def test_the_command_reports_one_json_object(catalogue, tmp_path):
    options = "--method simsiam --simulated 4 --epochs 1 --batch-size 16 --crop 15 --json"
    done = command(catalogue, "--output", tmp_path, *options.split())
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert "train" in done.stderr and "simulate" in done.stderr  # the bars
    labels = {"labels_by", "labels_used", "labels_used_counts"}
    assert set(told) == {"output", "weights_sha256", "final_loss", "minutes"} | labels
    assert load(tmp_path).card["weights_sha256"] == told["weights_sha256"]


def test_a_training_that_stops_says_why_in_one_line(catalogue, tmp_path, monkeypatch):
    cut_off_at(2, TrainingError("all embeddings became the same"), monkeypatch)
    done = command(catalogue, "--output", tmp_path, *SMALL)
    assert done.exit_code == 1 and done.stdout == ""
    assert done.stderr.replace("\r", "\n").splitlines()[-1] == "ztfexplore: all embeddings became the same"


def test_giving_up_says_that_it_can_go_on(catalogue, tmp_path, monkeypatch):
    cut_off_at(2, KeyboardInterrupt(), monkeypatch)
    done = command(catalogue, "--output", tmp_path, *SMALL)
    assert done.exit_code == 130 and done.stdout == ""
    assert "run the same command again" in done.stderr
