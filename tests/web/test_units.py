"""Small pure modules: pauses, times, links, ids, rich text."""

from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def call(blank: Page, module: str, body: str) -> Any:
    """Evaluate `body` with the module of that name as `m`."""
    return await blank.evaluate(f"async () => {{ const m = await import('/static/shared/js/{module}.js'); {body} }}")


async def test_pauses_grow_are_capped_and_differ(blank: Page) -> None:
    low, high = await call(
        blank,
        "backoff",
        "return [0, 1].map((dice) => [0, 1, 2, 6, 50].map((n) => m.delayBefore(n, () => dice)));",
    )
    assert low == [250, 500, 1000, 15000, 15000]
    assert high == [500, 1000, 2000, 30000, 30000]


async def test_ids_are_uuids_on_plain_http_too(blank: Page) -> None:
    ids = await call(
        blank,
        "ids",
        "const own = crypto.randomUUID; crypto.randomUUID = undefined; "
        "const ids = Array.from({length: 50}, () => m.newId()); crypto.randomUUID = own; return ids;",
    )
    assert len(set(ids)) == 50
    assert all(len(one) == 36 and one[14] == "4" and one[19] in "89ab" for one in ids)


async def test_waits_are_read_as_people_say_them(blank: Page) -> None:
    assert await call(blank, "times", "return [5, 90, 600, 7200].map((s) => m.roughly(s, 'en'));") == [
        "1 min",
        "2 min",
        "10 min",
        "2 hr",
    ]
    assert (
        await call(blank, "times", "return m.ticking('2026-01-01T00:00:00Z', Date.parse('2026-01-01T01:02:03Z'));")
        == "1:02:03"
    )


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://example.org/a?b=c.", ["https://example.org/a?b=c"]),
        ("(https://example.org) and http://x.test/ž!", ["https://example.org/", "http://x.test/%C5%BE"]),
        ("javascript:alert(1) ftp://x data:text/html,x", []),
        ('https://example.org/"onclick="x', ["https://example.org/"]),
        ("http:// https://", []),
    ],
)
async def test_only_web_addresses_become_links(blank: Page, text: str, links: list[str]) -> None:
    found = await blank.evaluate(
        """async (text) => {
          const { plainText } = await import("/static/shared/js/text.js");
          const box = document.createElement("div"); box.append(plainText(text));
          return { text: box.textContent, links: [...box.querySelectorAll("a")].map((a) => a.href) };
        }""",
        text,
    )
    assert found == {"text": text, "links": links}


async def test_rich_text_keeps_formatting_and_drops_everything_that_runs(blank: Page) -> None:
    html = (
        "<p onclick='boom()'>A <strong>bold</strong> <a href='javascript:boom()'>bad</a> <a href='/help/x'>good</a></p>"
        "<script>boom()</script><img src=x onerror='boom()'><svg><script>boom()</script></svg><style>*{}</style>"
        "<h2>Steps</h2><ul><li>one</li></ul><iframe src='/'></iframe><form action='/'><button>b</button></form>"
    )
    shown = await blank.evaluate(
        """async ([html, base]) => {
          const { richText } = await import("/static/shared/js/rich_text.js");
          const box = document.createElement("div"); box.append(richText(html, base));
          return box.innerHTML;
        }""",
        [html, "https://gateway.test/"],
    )
    assert shown == (
        "<p>A <strong>bold</strong> bad "
        '<a href="https://gateway.test/help/x" target="_blank" rel="noopener noreferrer">good</a></p>'
        '<p class="heading">Steps</p><ul><li>one</li></ul>b'
    )
