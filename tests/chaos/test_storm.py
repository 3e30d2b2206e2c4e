"""A short storm in every run of the tests; `make chaos` runs the long one."""

from dataclasses import replace
from pathlib import Path

from tests.chaos.proxy import Weather
from tests.chaos.storm import Plan, storm
from tests.support.replicas import WITHOUT

SHORT = Plan(
    customers=16,
    agents=4,
    to_bot=2,
    to_agent=8,
    kills=3,
    least_broken=30,
    weather=Weather(cut=0.03, freeze=0.006),
    deadline_s=300,
)


async def test_nothing_is_lost_doubled_or_out_of_order_in_a_storm(tmp_path: Path) -> None:
    """Messages through a network that cuts, freezes, delays and repeats, and a gateway that is killed three times."""
    report = await storm(SHORT, tmp_path)
    assert report.wrong == []
    assert report.kills == SHORT.kills
    assert report.broken >= SHORT.least_broken
    assert report.messages >= 2 * SHORT.customers * (SHORT.to_bot + SHORT.to_agent)


@WITHOUT
async def test_nothing_is_lost_doubled_or_out_of_order_between_two_gateways(tmp_path: Path) -> None:
    """The same over two gateways that share database and news: who reconnects may come to the other, one is killed."""
    plan = replace(SHORT, processes=2, kills=2)
    report = await storm(plan, tmp_path)
    assert report.wrong == []
    assert report.kills == plan.kills
    assert report.broken >= plan.least_broken
    assert report.messages >= 2 * plan.customers * (plan.to_bot + plan.to_agent)
