"""What every answer has in common: rows that explain themselves, and lists cut into pages."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from domain.names import Names


class Row(BaseModel):
    """A row of an answer. The API sends it as it is, so its docstrings are the API's words."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, defer_build=True)


Item = TypeVar("Item")


class Page(Row, Generic[Item]):
    """A part of a list."""

    items: list[Item]
    """The rows, in the list's order."""
    next: str | None = None
    """The cursor of the next page; null on the last one."""


class BadCursor(ValueError):
    """The cursor was not given out by this list."""

    def __init__(self, cursor: str) -> None:
        super().__init__(f"{cursor!r} is not a cursor of this list")
        self.es = f"«{cursor}» no es un cursor de esta lista: usa el de la página anterior."
        self.en = f"'{cursor}' is not a cursor of this list: use the one of the page before."


def position_in(cursor: str | None, *, otherwise: int) -> int:
    """Return the position a cursor stands for. Raises `BadCursor`."""
    if cursor is None:
        return otherwise
    # 18 digits always fit the database's eight bytes.
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
        raise BadCursor(cursor)
    return int(cursor)


def words(column: str | None) -> Names | None:
    """Return stored bilingual words, if there are any."""
    return Names.model_validate_json(column) if column else None
