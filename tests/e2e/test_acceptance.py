"""The conversations of the acceptance drive, against the whole system."""

from tests.e2e.acceptance import drive, passed, report
from tests.e2e.conftest import Running


async def test_routine_is_answered_and_the_rest_reaches_a_person(running: Running) -> None:
    scores = await drive(running.http, running.ws, running.system.service_token())
    assert passed(scores), "\n" + report(scores)
