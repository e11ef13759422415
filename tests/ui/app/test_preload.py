"""What other pages import slowly is brought in after the first page, not before it."""

from __future__ import annotations

import subprocess
import sys

from tests.support.places import ROOT

CODE = """
import sys
from ztfexplore.ui.app import preload, router
from ztfexplore.ui.explore import explore  # what the first page needs
before = set(preload.SLOW) & set(sys.modules)
{change}
first, second = preload.start_preload(0.0), preload.start_preload(0.0)
first.join()
print(sorted(before), first is second, [name for name in preload.SLOW if name in sys.modules])
"""


def run(change: str = "") -> subprocess.CompletedProcess:
    code = CODE.format(change=change)
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)


def test_it_is_imported_once_and_not_before_the_first_page():
    from ztfexplore.ui.app import preload

    assert run().stdout.strip() == f"[] True {list(preload.SLOW)}"


def test_what_cannot_be_imported_stops_nothing():
    done = run("preload.SLOW = ('no_such_module', 'torch')")
    assert done.stdout.strip() == "[] True []"
    assert "no_such_module: cannot be imported ahead of time" in done.stderr
