"""Errors that a person can mend: the command line says each in one line and exits with 1."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from ztfexplore import errors
from ztfexplore.catalogue.snapshot import Snapshot
from ztfexplore.cli import main
from ztfexplore.embeddings.uploaded_alert import UploadedAlertError
from ztfexplore.errors import ZtfexploreError

OURS = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, Exception)]


@pytest.mark.parametrize("kind", [*OURS, UploadedAlertError], ids=lambda kind: kind.__name__)
def test_each_is_one_line_on_stderr_and_exit_code_1(kind, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise kind("catalogue night: half of it is gone")

    monkeypatch.setattr(Snapshot, "open", fail)
    done = CliRunner().invoke(main, ["info", "--catalogue", str(tmp_path), "--json"])
    assert done.exit_code == 1 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("ztfexplore: ") and "catalogue night: half of it is gone" in line


def test_whoever_catches_the_base_catches_all_and_no_accident():
    assert all(issubclass(kind, ZtfexploreError) for kind in OURS)
    assert not issubclass(ZtfexploreError, OSError | ValueError | RuntimeError)
