"""What there is, is documented: commands, options, pages, settings, modules of the plan; and the README stays short."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
import yaml

from tests.support.places import PACKAGE, ROOT
from ztfexplore.alerts.alert import Reason
from ztfexplore.cli import main
from ztfexplore.sources.lsst import schemas
from ztfexplore.sources.source import file_formats

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
MOST_WORDS = 1000
VARIABLE = re.compile(r"ZTFEXPLORE_[A-Z_]+")
LINK = re.compile(r"\]\(([^)#\s]+)")
LOADED = re.compile(r'<(?:script|img|iframe)[^>]*\bsrc="([^"]+)"|<link[^>]*rel="stylesheet"[^>]*href="([^"]+)"')
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def documented() -> str:
    return "".join(page.read_text(encoding="utf-8") for page in PAGES)


def commands(group: click.Group, prefix: str = "ztfexplore") -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name, those of groups among them."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def nav(entries: list) -> Iterator[str]:
    for entry in entries:
        (value,) = entry.values()
        yield from nav(value) if isinstance(value, list) else [value]


@pytest.fixture(scope="module")
def settings():
    return yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("name", "command"), commands(main), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_is_shown_and_every_option_has_help(name, command):
    assert re.search(rf"{name}\b", documented()), f"no page shows '{name}'"
    assert command.help
    for parameter in command.params:
        assert parameter.param_type_name == "argument" or parameter.help, f"{name} {parameter.opts} has no help"


def test_the_page_of_commands_lists_all_options():
    """mkdocs-click writes them from the program."""
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert "::: mkdocs-click\n    :module: ztfexplore.cli\n    :command: main\n" in text


def test_every_page_of_the_dashboard_has_a_page_here():
    assert {page.stem for page in (ROOT / "pages").glob("*.py")} == {
        page.stem for page in (DOCS / "pages").glob("*.md")
    }


def test_every_setting_is_documented():
    """Environment variables of the library on the page of settings, those of the tests anywhere."""
    settings = (DOCS / "settings.md").read_text(encoding="utf-8")
    for path in PACKAGE.rglob("*.py"):
        for name in VARIABLE.findall(path.read_text(encoding="utf-8")):
            assert f"| `{name}` |" in settings, f"{path.name} reads {name}, which docs/settings.md does not explain"
    everywhere = documented() + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for path in [ROOT / "Makefile", ROOT / "tests" / "conftest.py", *DOCS.glob("*.ipynb")]:
        for name in VARIABLE.findall(path.read_text(encoding="utf-8")):
            assert name in everywhere, f"{path.name} uses {name}"


def test_every_setting_that_is_documented_exists():
    source = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    for name in re.findall(
        r"^\| `(ZTFEXPLORE_\w+)` \|", (DOCS / "settings.md").read_text(encoding="utf-8"), re.MULTILINE
    ):
        assert name in source, f"nothing reads {name}"


def test_every_format_and_every_reason_that_needs_one_is_explained():
    text = (DOCS / "formats.md").read_text(encoding="utf-8")
    for source in file_formats():
        assert f"`{source.name}`" in text, f"docs/formats.md does not explain --format {source.name}"
    versions = list(schemas.known().values())
    assert f"public schemas {versions[0]} to {versions[-1]}" in text
    assert f'"{Reason.IMPOSSIBLE}"' in text


def test_every_benchmark_is_documented():
    for path in (ROOT / "benchmarks").glob("[!_]*.py"):
        assert f"ztfexplore bench {path.stem}" in documented(), path.name


def test_every_page_is_in_the_navigation(settings):
    assert sorted(nav(settings["nav"])) == sorted(str(page.relative_to(DOCS)) for page in PAGES)


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *PAGES])
def test_links_lead_somewhere(path):
    for link in LINK.findall(path.read_text(encoding="utf-8")):
        assert "://" in link or (path.parent / link).exists(), f"{path.name} links to {link}"


def test_the_readme_is_short_and_leads_to_every_page():
    text = COMMENT.sub("", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(text.split()) <= MOST_WORDS
    assert len(re.findall(r"!\[", text)) == 1, "one picture"
    links = set(LINK.findall(text))
    for page in PAGES:
        if page.name != "encoders.md":  # which is models/README.md, linked itself
            assert str(page.relative_to(ROOT)) in links, f"README does not link to {page.name}"


def test_the_citation_is_well_formed():
    found = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert found["cff-version"] == "1.2.0" and found["license"] == "MIT" and found["type"] == "software"
    assert {"message", "title", "abstract", "authors", "keywords", "version"} <= set(found)
    assert all({"type", "title", "authors", "year"} <= set(reference) for reference in found["references"])
    from ztfexplore import __version__

    assert found["version"] == __version__


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_asks_nothing_of_the_network(tmp_path):
    if shutil.which("mkdocs", path=str(ROOT / ".venv" / "bin")) is None:
        pytest.importorskip("mkdocs", reason="the documentation's requirements are not installed (make docs)")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for page in (tmp_path / "site").rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        loaded = re.findall(
            r'<(?:script|img|iframe)[^>]*\bsrc="([^"]+)"|<link[^>]*rel="stylesheet"[^>]*href="([^"]+)"', html
        )
        assert not [address for pair in loaded for address in pair if "//" in address], page.name


def test_every_method_is_on_the_page_of_training():
    from ztfexplore.training.config import METHODS

    text = (DOCS / "training.md").read_text(encoding="utf-8")
    assert [name for name in METHODS if f"| `{name}` |" not in text] == []


DOOR = re.compile(r"^(\w+): Registry\[[^\]]+\] = Registry\(", re.MULTILINE)


def doors() -> list[str]:
    """Every registry of the library, as 'ztfexplore.alerts.survey.SURVEYS'."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found += [f"{module}.{name}" for name in DOOR.findall(path.read_text(encoding="utf-8"))]
    return found


@pytest.mark.parametrize("door", doors())
def test_every_extension_door_has_a_recipe(door):
    assert f"`{door}`" in (DOCS / "extending.md").read_text(encoding="utf-8")
