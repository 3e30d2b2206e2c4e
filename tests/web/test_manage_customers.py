"""What one customer may ask for, at /manage: their data in a file, or its end."""

import json
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.web.test_manage import Managing, managing  # noqa: F401 - a fixture

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_customers_data_is_handed_out_and_erased(managing: Managing, tmp_path: Path) -> None:  # noqa: F811
    managing.tabs.expect("404 (Not Found)")
    async with managing.gateway.customer() as customer:
        await customer.say("My canary is called Hansi")
        conversation_id = customer.conversation_id
    page = await managing.open("root", "admin", section="customers")
    field = page.get_by_label("Id")
    await page.get_by_role("button", name="Hand out").click()
    await expect(page.locator("[data-field=customer] .field-error")).to_have_text("Write whose data it is about.")
    await expect(field).to_be_focused()
    await field.fill(conversation_id)
    await page.get_by_role("button", name="Hand out").click()
    save = page.get_by_role("link", name="Save the file")
    await expect(save).to_be_focused()
    async with page.expect_download() as coming:
        await save.click()
    await (await coming.value).save_as(tmp_path / "customer.json")
    assert "Hansi" in json.dumps(json.loads((tmp_path / "customer.json").read_text()))
    await page.get_by_role("button", name="Erase…").click()
    await expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    await page.get_by_role("button", name="Keep it").click()
    await expect(field).to_be_focused()
    await page.get_by_role("button", name="Erase…").click()
    await page.get_by_role("button", name="Erase for good").click()
    await expect(page.get_by_role("status").filter(has_text="Erased: cus_")).to_be_visible()
    await field.fill(conversation_id)
    await page.get_by_role("button", name="Hand out").click()
    await expect(page.locator("[data-field=customer] .field-error")).to_contain_text("There is nobody with this id")
    await page.get_by_role("link", name="Audit log").click()
    await expect(page.locator(".rows")).to_contain_text("Root · Erased the customer")
    await expect(page.locator(".rows")).to_contain_text("Root · Handed out the data of")


@pytest.mark.parametrize("role", ["agent", "supervisor", "editor"])
async def test_customers_data_are_not_offered_to_others(managing: Managing, role: str) -> None:  # noqa: F811
    page = await managing.open("ada", role)
    await expect(page.get_by_role("link", name="Your account")).to_be_visible()
    await expect(page.get_by_role("link", name="Customers")).to_have_count(0)
