"""A reload swaps the catalogue, or leaves it as it was."""

from __future__ import annotations

from pathlib import Path

from web_house import open_house

BEFORE = "catalogue: {regions: [oslo], applications: [{name: Till, hosted_on: [door-1]}]}"
AFTER = "catalogue: {regions: [bergen]}"
WRONG = "catalogue: {applications: [{name: Till, hosted_on: [door-9]}]}"


async def test_a_reload_swaps_the_lists_whole_or_not_at_all(tmp_path: Path) -> None:
    """
    What is refused changes nothing; what is taken is asked for from then on.

    Seen to fail with the lists of the start kept for good.
    """
    async with open_house(tmp_path, BEFORE) as house, house.client() as client:
        config = tmp_path / "fettled.yaml"
        text = config.read_text()

        async def reload(section: str) -> int:
            config.write_text(text.replace(BEFORE, section))
            return (await client.post("/api/v1/reload")).status

        async def file(region: str) -> int:
            body = {"title": "Cold", "region": region}
            return (await client.post("/api/v1/tickets", json=body)).status

        assert [await file("oslo"), await file("bergen"), await file("N/A")] == [201, 422, 201]
        assert await reload(WRONG) == 422
        assert [await file("oslo"), await file("bergen")] == [201, 422]
        assert (await client.get("/api/v1/applications/Till/availability")).status == 200
        assert await reload(AFTER) == 200
        assert [await file("oslo"), await file("bergen")] == [422, 201]
        assert (await client.get("/api/v1/applications/Till/availability")).status == 404
        shown = await (await client.get("/api/v1/catalogue")).json()
        assert shown["regions"] == [{"name": "bergen"}]
        assert await reload("") == 200
        assert await file("anywhere") == 201
