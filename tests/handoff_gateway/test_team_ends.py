"""What ends with a team or an account: who is free for others is given what waits, at once."""

from __future__ import annotations

from tests.support.gateway import Gateway


async def test_who_was_in_a_team_that_is_deleted_is_given_what_waits_for_all(gateway: Gateway) -> None:
    team = await gateway.team("Returns", "rita")
    async with gateway.online("rita"), gateway.customer() as customer:
        await customer.request_agent()
        assert (await customer.owner("queue"))["team"] == "general"
        await gateway.services.desk.teams()  # by now it has been looked for an agent, and Rita is not one of General's
        answer = await gateway.http.delete(f"/v1/teams/{team['id']}", headers=await gateway.admin())
        assert answer.status_code == 204
        assert (await customer.owner("agent"))["agent"]["name"] == "Rita"


async def test_a_closed_account_is_put_into_no_team(gateway: Gateway) -> None:
    gone = await gateway.account_id("rita")
    headers = await gateway.admin()
    assert (await gateway.http.patch(f"/v1/accounts/{gone}", headers=headers, json={"closed": True})).is_success
    answer = await gateway.http.put("/v1/teams/general", headers=headers, json={"members": [gone]})
    assert (answer.status_code, answer.json()["message"]) == (400, f"members: {gone} is no agent's account")
