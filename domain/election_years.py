"""The years whose elections a plan is true of: one year, or every so many from it on (LGIPE 22.1)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from domain.event import Payload
from domain.names import Names


class ElectionYears(Payload):
    """One election, or that and every later one after the same number of years."""

    first: Annotated[int, Field(ge=2000, le=2099)]
    every_years: Annotated[int, Field(ge=1, le=12)] | None = None
    """After how many years it is held again; None where the plan is true of one year alone."""

    def include(self, year: int) -> bool:
        """Tell whether an election of that year is among them."""
        if self.every_years is None:
            return year == self.first
        return year >= self.first and (year - self.first) % self.every_years == 0

    @property
    def words(self) -> Names:
        """Say them: 'la elección de 2030, y cada 6 años desde entonces'."""
        es, en = f"la elección de {self.first}", f"the election of {self.first}"
        if self.every_years is None:
            return Names(es=es, en=en)
        every = self.every_years
        return Names(
            es=f"{es}, y cada {every} años desde entonces", en=f"{en}, and every {every} years from then on"
        )
