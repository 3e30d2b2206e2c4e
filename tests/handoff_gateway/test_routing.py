"""Who gets which waiting conversation."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handoff_gateway.core.events import AgentName
from handoff_gateway.core.presence import Presence, PresenceBoard
from handoff_gateway.routing.routing import Candidate, Waiting, assign

NOW = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)


def agent(name: str, held: int = 0, capacity: int = 3, idle_s: int = 0) -> Candidate:
    return Candidate(AgentName(name, name.title()), capacity, held, NOW - timedelta(seconds=idle_s))


def queue(*names: str) -> list[Waiting]:
    return [Waiting(name, 2) for name in names]


def given_to(waiting: list[Waiting], candidates: list[Candidate]) -> dict[str, str]:
    return {item.conversation_id: item.agent.id for item in assign(waiting, candidates, NOW)}


def test_the_oldest_goes_first_when_there_is_room_for_one() -> None:
    assert given_to(queue("old", "new"), [agent("ada", capacity=1)]) == {"old": "ada"}


def test_the_least_loaded_agent_is_chosen() -> None:
    assert given_to(queue("one"), [agent("ada", held=2), agent("bo", held=1)]) == {"one": "bo"}


def test_among_equals_the_longest_idle_is_chosen() -> None:
    assert given_to(queue("one"), [agent("ada", idle_s=5), agent("bo", idle_s=50)]) == {"one": "bo"}


def test_nobody_gets_back_by_itself_what_they_put_back() -> None:
    put_back = [Waiting("one", 4, released_by="ada"), Waiting("two", 2)]
    assert given_to(put_back, [agent("ada")]) == {"two": "ada"}
    assert given_to(put_back, [agent("ada"), agent("bo", held=2)])["one"] == "bo"


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5)), max_size=6),
    st.lists(st.sampled_from([None, "a0", "a1"]), max_size=20),
)
def test_capacity_is_never_exceeded_and_no_room_is_wasted(
    agents: list[tuple[int, int]], releases: list[str | None]
) -> None:
    candidates = [agent(f"a{i}", held=held, capacity=capacity) for i, (capacity, held) in enumerate(agents)]
    waiting = [Waiting(f"c{i}", 2, released) for i, released in enumerate(releases)]
    assignments = assign(waiting, candidates, NOW)
    assert len({item.conversation_id for item in assignments}) == len(assignments)
    load = Counter(item.agent.id for item in assignments)
    for candidate in candidates:
        given_count = load[candidate.agent.id]
        assert given_count == 0 or candidate.held + given_count <= candidate.capacity
    released = {item.conversation_id: item.released_by for item in waiting}
    assert all(released[item.conversation_id] != item.agent.id for item in assignments)
    if all(release is None for release in releases):
        room = sum(max(0, candidate.capacity - candidate.held) for candidate in candidates)
        assert len(assignments) == min(room, len(waiting))


class TestPresence:
    ADA = AgentName("ada", "Ada")

    def board(self, chosen: Presence = Presence.ONLINE, *, answers: bool = True) -> PresenceBoard:
        board = PresenceBoard(grace_s=20)
        board.connected(self.ADA, chosen, 5, answers=answers, now=NOW)
        return board

    def test_online_and_connected_is_present(self) -> None:
        assert [present.agent for present in self.board().present(NOW)] == [self.ADA]

    def test_away_offline_or_without_the_right_to_answer_is_not(self) -> None:
        assert self.board(Presence.AWAY).present(NOW) == []
        assert self.board(Presence.OFFLINE).present(NOW) == []
        assert self.board(answers=False).present(NOW) == []

    def test_a_reload_within_the_grace_time_loses_nothing(self) -> None:
        board = self.board()
        board.disconnected("ada", NOW)
        assert board.present(NOW + timedelta(seconds=19))
        assert not board.present(NOW + timedelta(seconds=20))

    def test_one_of_two_sockets_gone_is_still_present(self) -> None:
        board = self.board()
        board.connected(self.ADA, Presence.ONLINE, 5, answers=True, now=NOW)
        board.disconnected("ada", NOW)
        assert board.present(NOW + timedelta(hours=1))
