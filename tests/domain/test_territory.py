"""The tree of places: the whole reaches its parts."""

import pytest

from domain.territory import covers


@pytest.mark.parametrize(
    ("granted", "place", "reached"),
    [
        ("MX", "MX-JAL", True),
        ("MX", "MX", True),
        ("MX", "MX-JAL-D03", True),
        ("MX-JAL", "MX-JAL", True),
        ("MX-JAL", "MX-JAL-M039", True),
        ("MX-JAL-D03", "MX-JAL-D03", True),
        ("MX-JAL", "MX-COL", False),
        ("MX-JAL", "MX", False),
        ("MX-JAL-D03", "MX-JAL", False),
        ("MX-JAL-D03", "MX-JAL-D04", False),
        # A code that only begins like another is another.
        ("MX-JAL-M03", "MX-JAL-M039", False),
    ],
)
def test_the_whole_reaches_its_parts_and_a_part_only_itself(granted: str, place: str, reached: bool) -> None:
    assert covers(granted, place) is reached
