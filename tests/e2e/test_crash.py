"""Kill -9 at any instant: what was committed is there, and nothing twice."""

import random
from pathlib import Path

from fettled import store
from live import daemon, devices, wait_for

TARGETS = """
  - subject: door-{n}
    type: device
    check: {{type: tcp, host: 127.0.0.1, port: {port}}}
"""


def test_kill_9_at_random_instants_of_a_storm_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Eight kills while twenty devices fall and rise: one open ticket each at the end."""
    rng = random.Random(20260101)
    with devices() as made, daemon(tmp_path / "home") as fettled:
        doors = [made.make(f"door-{n}") for n in range(20)]
        fettled.write("".join(TARGETS.format(n=n, port=d.port) for n, d in enumerate(doors)))
        fettled.start()
        for kills in range(8):
            for door in rng.sample(doors, 10):
                made.do(door.down() if kills % 2 == 0 else door.up())
            target = rng.randrange(1, 12)

            def has_moved(most: int = target) -> bool:
                return sum(len(fettled.events(t["number"])) for t in fettled.tickets()) >= most

            wait_for(has_moved, f"{target} entries")
            fettled.kill()
            assert store.check(f"sqlite:///{tmp_path}/home/fettled.db") == []
            fettled.start()
        for door in doors:
            made.do(door.down())

        def all_open() -> bool:
            tickets = fettled.tickets()
            return sum(ticket["status"] == "open" for ticket in tickets) == len(doors)

        wait_for(all_open, "a ticket for every door")
        opened = [t["subject"]["key"] for t in fettled.tickets() if t["status"] == "open"]
        assert sorted(opened) == sorted(f"door-{n}" for n in range(20))
        assert fettled.stop() == 0
        assert store.check(f"sqlite:///{tmp_path}/home/fettled.db") == []


def test_a_stop_and_a_start_open_and_resolve_nothing(tmp_path: Path) -> None:
    """Nothing changed while it was down: no event at all."""
    with devices() as made, daemon(tmp_path / "home") as fettled:
        down, up = made.make("down"), made.make("up")
        made.do(down.down())
        doors = (down, up)
        fettled.write("".join(TARGETS.format(n=n, port=d.port) for n, d in enumerate(doors)))
        fettled.start()
        fettled.await_status(1, "open")
        fettled.await_phase("door-1", "healthy")
        before = fettled.get("/api/v1/tickets")
        for how in (fettled.stop, fettled.kill, fettled.stop):
            how()
            fettled.start()
            wait_for(
                lambda: all(
                    fettled.get(f"/api/v1/subjects/{door}")["checks"][0]["last_at"]
                    for door in ("door-0", "door-1")
                ),
                "a look at each",
            )

        assert fettled.get("/api/v1/tickets") == before
        assert fettled.phase("door-0") == "firing"
        assert fettled.phase("door-1") == "healthy"


def test_what_broke_while_it_was_down_gets_exactly_one_ticket(tmp_path: Path) -> None:
    """After its debounce."""
    with devices() as made, daemon(tmp_path / "home") as fettled:
        door = made.make("door")
        fettled.write(TARGETS.format(n=0, port=door.port))
        fettled.start()
        fettled.await_phase("door-0", "healthy")
        fettled.kill()
        made.do(door.down())
        fettled.start()

        fettled.await_status(1, "open")
        assert fettled.events(1) == ["opened"]
