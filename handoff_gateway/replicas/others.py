"""The other gateway processes as one part: started and stopped in order."""

from __future__ import annotations

from dataclasses import dataclass

from handoff_gateway.access.shared_rates import SharedRates
from handoff_gateway.replicas.follower import Follower
from handoff_gateway.replicas.membership import Membership
from handoff_gateway.replicas.redis_channel import RedisChannel


@dataclass(frozen=True, slots=True)
class Others:
    """What a process needs that is not the only one."""

    channel: RedisChannel
    membership: Membership
    follower: Follower
    rates: SharedRates

    async def join(self) -> None:
        """Become one of them, and hear them from now on. Raises StartupError."""
        self.channel.start(self.follower.hear, self.follower.missed)
        await self.membership.start(self.follower.inherit)

    async def aclose(self) -> None:
        """Leave the rest to them."""
        await self.membership.aclose()
        await self.channel.flush()
        await self.channel.aclose()
        await self.rates.aclose()
