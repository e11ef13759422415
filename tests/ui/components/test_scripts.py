"""The components' scripts: their own tests, and which way they import each other."""

from __future__ import annotations

import os
import subprocess

from tests.support.places import ROOT


def test_the_tests_in_javascript_pass(node):
    files = sorted(map(str, (ROOT / "tests" / "js").glob("*.test.js")))
    assert len(files) >= 5
    done = subprocess.run([node, "--test", *files], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"# tests {done.stdout.count('# Subtest')}" in done.stdout and "# skipped 0" in done.stdout


def test_the_types_in_the_comments_are_right(node, typescript):
    for project in (".", "tests/js"):
        command = [node, os.fspath(typescript), "-p", project]
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
