"""Who reads in which state."""

from collector.gate import STATES, Gate


def test_states() -> None:
    """Connections wait from shedding on, new ones are refused in panic; datagrams are read always."""
    gates = [Gate(state) for state in STATES]
    assert [gate.streams_wait for gate in gates] == [False, False, True, True]
    assert [gate.datagrams_wait for gate in gates] == [False] * 4
    assert [gate.turns_away for gate in gates] == [False, False, False, True]
    assert [gate.hurries for gate in gates] == [False, True, True, True]


def test_full_memory() -> None:
    """Full memory makes all wait; in panic datagrams are read all the same, up to a bound."""
    for state in STATES:
        gate = Gate(state, full=True, fullness=1.1)
        assert gate.streams_wait
        assert gate.datagrams_wait == (state != "panic")
    assert Gate("panic", full=True, fullness=1.3).datagrams_wait
