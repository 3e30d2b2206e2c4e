"""The editor's page for everybody, and its pure parts: differences, places, highlights, fields."""

from itertools import pairwise
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.async_api import expect

from tests.support.pages import filled
from tests.web.editing import Editing
from tests.web.test_accessibility import CONTRAST, CONTROLS

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLACES = (
    "articles",
    "articles/return-an-item",
    "articles/new",
    "search?q=boots",
    "gaps",
    "proposals",
    "golden?question=boots&article=return-an-item",
    "warnings",
    "import",
    "audit",
)
NARROW = {"width": 320, "height": 700}
LONG = "Donaudampfschifffahrtsgesellschaft" * 6
Theme = Literal["light", "dark"]


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_place_can_be_read_and_reached(editing: Editing, theme: Theme) -> None:
    await editing.base.client.post("/v1/search", json={"query": "rent a kayak"})
    await editing.base.client.post("/v1/proposals", json={"question": LONG, "answer": LONG})
    await editing.base.client.post("/v1/articles", json={"title": LONG, "body": LONG, "tags": [LONG[:60]]})
    page = await editing.signed_in()
    await page.emulate_media(color_scheme=theme)
    for place in PLACES:
        await page.goto(f"{editing.gateway.origin}/editor#/{place}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await filled(page)
        assert await page.evaluate(f"({CONTRAST})(document.documentElement)") == [], place
        controls = await page.evaluate(CONTROLS, await page.query_selector("body"))
        assert [control for control in controls if not control["name"]] == [], place
        await page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], place
        await page.set_viewport_size({"width": 1280, "height": 800})


async def call(editing: Editing, module: str, body: str, *values: Any) -> Any:
    editing.expected.append("404")  # a script shown as a page has no icon
    page = await editing.open("/js/place.js")  # any file of this origin: the module is what counts
    try:
        return await page.evaluate(
            f"async (values) => {{ const m = await import('/editor/js/{module}.js'); {body} }}", list(values)
        )
    finally:
        await page.close()


LINES = st.lists(st.sampled_from(["a", "b", "c", "", "ž"]), max_size=12)
PAIRS = st.lists(st.tuples(LINES, LINES), min_size=60, max_size=60)


def examples() -> list[tuple[list[str], list[str]]]:
    """Sixty pairs, found by hypothesis and asked of the browser at once."""
    found: list[list[tuple[list[str], list[str]]]] = []

    @given(PAIRS)
    def keep(pairs: list[tuple[list[str], list[str]]]) -> None:
        found.append(pairs)

    keep()
    return [pair for pairs in found[:20] for pair in pairs]


async def test_a_difference_holds_both_texts(editing: Editing) -> None:
    pairs = examples()
    answers = await call(editing, "difference", "return values[0].map(([a, b]) => m.compare(a, b));", pairs)
    for (before, after), steps in zip(pairs, answers, strict=True):
        sides = {
            kind: [item for step in steps if step["kind"] in ("same", kind) for item in step["items"]]
            for kind in ("gone", "new")
        }
        assert sides == {"gone": list(before), "new": list(after)}
        assert all(one["kind"] != other["kind"] for one, other in pairwise(steps))
        if before == after:
            assert all(step["kind"] == "same" for step in steps)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("", {"name": "articles", "id": None, "values": {}}),
        ("#/articles/a%20b%2Fc?of=x", {"name": "articles", "id": "a b/c", "values": {"of": "x"}}),
        ("#/articles/100%", {"name": "articles", "id": "100%", "values": {}}),
        ("#/search?q=how+much%3F", {"name": "search", "id": None, "values": {"q": "how much?"}}),
    ],
)
async def test_addresses_are_read(editing: Editing, address: str, place: dict[str, Any]) -> None:
    assert await call(editing, "place", "return m.readPlace(values[0]);", address) == place


async def test_highlights_count_letters_as_the_knowledge_base_does(editing: Editing) -> None:
    mark = "const box = document.createElement('p'); box.append(m.highlighted(...values)); return box.innerHTML;"
    assert await call(editing, "highlight", mark, "😀 ab <b>", [[2, 4]]) == "😀 <mark>ab</mark> &lt;b&gt;"
    assert await call(editing, "highlight", mark, "abc", [[1, 99], [0, 2], [5, 3]]) == "<mark>ab</mark><mark>c</mark>"
