"""Choices from registries: looked up when they are needed, and up to date then."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from ztfexplore.cli.listed import Listed, ListingOption


@pytest.fixture
def names() -> list[str]:
    return ["one", "two"]


@pytest.fixture
def asked() -> list[int]:
    return []


@pytest.fixture
def command(names, asked) -> click.Command:
    def listing() -> str:
        asked.append(1)
        return f"There are {', '.join(names)}."

    @click.command()
    @click.option("--kind", type=Listed(lambda: asked.append(1) or names), default="one")
    @click.option("--other", cls=ListingOption, listing=listing, help="Another.")
    def run(kind: str, other: str | None) -> None:
        click.echo(kind)

    return run


def ask(command: click.Command, *arguments: str):
    return CliRunner().invoke(command, arguments)


def test_declaring_an_option_asks_no_registry(command, asked):
    assert asked == []


def test_help_lists_what_there_is_now(command, names):
    for _ in range(2):
        text = ask(command, "--help").stdout
        assert f"[{'|'.join(names)}]" in text and f"Another. There are {', '.join(names)}." in " ".join(text.split())
        names.append("three")


def test_a_name_that_came_later_is_accepted_and_one_that_went_is_not(command, names):
    names.append("three")
    assert ask(command, "--kind", "three").stdout == "three\n"
    names.remove("two")
    done = ask(command, "--kind", "two")
    assert done.exit_code == 2 and "two" in done.stderr and all(name in done.stderr for name in names)


@pytest.mark.parametrize("text", ("ONE", "on", ""))
def test_names_are_taken_letter_by_letter(command, text):
    assert ask(command, "--kind", text).exit_code == 2
