"""Text from packets and people is shown literally by Streamlit's Markdown."""

from __future__ import annotations

import pytest

from ztfexplore.ui.markup import escape_markdown


@pytest.mark.parametrize(
    "text", ("**b**", "<b>x</b>", "[a](http://x)", ":red[x]", "$x$", "a_b", "# x", "1. x", "| x |")
)
def test_nothing_in_it_is_markup(text):
    escaped = escape_markdown(text)
    assert escaped.replace("\\", "") == text
    special = set("`*_{}[]()<>#+-.!|$:~&\"'=")
    assert all(escaped[i - 1] == "\\" for i, character in enumerate(escaped) if character in special)


def test_it_is_one_line_and_a_backslash_stays():
    assert escape_markdown("a\n\n  b\tc") == "a b c"
    assert escape_markdown("a\\b") == "a\\\\b"
