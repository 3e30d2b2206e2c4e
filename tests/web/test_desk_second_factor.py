"""Signing in at the desk with a second factor, against the real gateway."""

from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Browser, expect

from handoff_gateway.times import utc_now
from tests.support.gateway import PASSWORD, running_gateway
from tests.web.tabs import Tabs, new_profile

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_desk_asks_for_the_code_after_the_password(browser: Browser, tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway, new_profile(browser) as context:
        headers = {"Authorization": f"Bearer {await gateway.account('ada')}"}
        begun = await gateway.http.post("/v1/second-factor", headers=headers, json={"password": PASSWORD})
        code = pyotp.TOTP(begun.json()["secret"]).at(utc_now())
        confirmed = await gateway.http.post("/v1/second-factor/confirm", headers=headers, json={"code": code})
        page = await Tabs(context).open_tab(f"{gateway.origin}/desk")
        await page.get_by_label("Email").fill("ada@example.org")
        await page.get_by_label("Password").fill(PASSWORD)
        await expect(page.get_by_label("Code of your app")).to_be_hidden()
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_label("Code of your app")).to_be_focused()
        await page.get_by_label("Code of your app").fill("000000")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_have_text("Email, password or code is wrong.")
        await page.get_by_label("Code of your app").fill(confirmed.json()["recovery_codes"][0])
        await page.keyboard.press("Enter")
        await page.get_by_role("group", name="Your presence").wait_for()
