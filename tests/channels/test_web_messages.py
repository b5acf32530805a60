"""What arrives on the web chat's wire is read without surprises: a message, or a refusal that names a field."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from bot.channels.web_messages import Said

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["id", "text", "choice", "after", "else"])
LIKELY = st.fixed_dictionaries(
    {"id": st.from_regex(r"[A-Za-z0-9_-]{8,12}", fullmatch=True)},
    optional={"text": st.text(), "choice": st.text() | st.none(), "after": st.integers() | st.text(max_size=4)},
)


@given(st.dictionaries(NAMES, JSON) | LIKELY)
def test_any_object_is_a_message_or_a_refusal(body: dict[str, Any]) -> None:
    """No JSON object makes the parser fail in a way that nobody expects, and a refusal repeats nothing of it."""
    try:
        said = Said.parse(body)
    except HTTPException as refused:
        assert refused.status_code == 400
        assert refused.detail in ("id", "text", "choice", "after")
        return

    said.text.encode("utf-8")
    assert said.choice is None or (said.choice.startswith("/") and not said.text)
    assert 0 <= said.after < 10**9
    assert "text" not in repr(said)
