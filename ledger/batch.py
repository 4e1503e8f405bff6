"""A batch of commits as ``ledger.append`` takes it, and its answer: the wire format, both ways.

Arrays are written here in PostgreSQL's binary format (``array_send`` in its sources: number of dimensions, a flag
for NULLs, the element's type, length and lower bound, then each element with its length). psycopg can do it too,
element by element; for the sixteen arrays of a batch that costs more time than all the rest of an append.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from psycopg.pq.abc import PGresult

from domain.event import Author
from ledger.log import LONGEST_WORD, Commit, Committed, Conflict, Outcome, Reused, check_text

_UUID, _TEXT, _BYTEA, _INT4, _TIMESTAMPTZ = 2950, 25, 17, 23, 1184

# Commits: id, digest, number of its last event. Events: number of its commit, occurred_at, stream, version, type,
# body, the author's five words. Expectations: number of its commit, stream, version.
_COMMITS = (_UUID, _BYTEA, _INT4)
_EVENTS = (_INT4, _TIMESTAMPTZ, _TEXT, _INT4, _TEXT, _BYTEA, _TEXT, _TEXT, _TEXT, _TEXT, _TEXT)
_EXPECTATIONS = (_INT4, _TEXT, _INT4)
_ELEMENTS = _COMMITS + _EVENTS + _EXPECTATIONS
_ARRAYS = {_UUID: 2951, _TEXT: 1009, _BYTEA: 1001, _INT4: 1007, _TIMESTAMPTZ: 1185}

PARAMETER_TYPES = tuple(_ARRAYS[element] for element in _ELEMENTS)
STATEMENT = (
    "SELECT * FROM ledger.append("  # noqa: S608 - numbers of parameters, made above
    + ", ".join(f"${number}" for number in range(1, len(_ELEMENTS) + 1))
    + ")"
).encode()

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LENGTH = struct.Struct(">i").pack
_INT8 = struct.Struct(">q").pack
# One dimension; NULLs may be in it (only on_behalf_of has any); the type of its elements. Then length, and 1: counted
# from one.
_HEADERS = {element: struct.pack(">iiI", 1, 1, element) for element in _ARRAYS}
_NULL = _LENGTH(-1)


def parameters(commits: Sequence[Commit]) -> list[bytes]:
    """Return the parameters of ``ledger.append`` for these commits, in binary."""
    ids, digests, moments, last_events = [], [], [], []
    numbers, streams, versions, types, bodies = [], [], [], [], []
    authors: list[tuple[bytes, ...]] = []
    expected_numbers, expected_streams, expected_versions = [], [], []
    for number, commit in enumerate(commits, start=1):
        ids.append(commit.command_id.bytes)
        digests.append(commit.request_digest)
        own_moment, own_words = _instant(commit.occurred_at), _words(commit.author)
        for stream, version, type_, body, occurred_at, author in commit.events:
            numbers.append(number)
            moments.append(own_moment if occurred_at is None else _instant(occurred_at))
            streams.append(stream.encode())
            versions.append(version)
            types.append(type_.encode())
            bodies.append(body)
            authors.append(own_words if author is None else _words(author))
        last_events.append(len(numbers))
        for stream, version in commit.expected.items():
            expected_numbers.append(number)
            expected_streams.append(stream.encode())
            expected_versions.append(version)
    columns = (
        [_elements(ids), _elements(digests), _integers(last_events)]
        + [
            _integers(numbers),
            _elements(moments),
            _elements(streams),
            _integers(versions),
            _elements(types),
            _elements(bodies),
        ]
        + [b"".join(words) for words in zip(*authors, strict=True)]
        + [_integers(expected_numbers), _elements(expected_streams), _integers(expected_versions)]
    )
    lengths = (
        [len(commits)] * len(_COMMITS)
        + [len(numbers)] * len(_EVENTS)
        + [len(expected_numbers)] * len(_EXPECTATIONS)
    )
    return [
        b"".join((_HEADERS[element], _LENGTH(length), _LENGTH(1), column))
        for element, length, column in zip(_ELEMENTS, lengths, columns, strict=True)
    ]


def outcomes(result: PGresult, commits: Sequence[Commit]) -> dict[int, Outcome]:
    """Return what ``ledger.append`` answered, by the index of the commit.

    All commits, if all were recorded; else those that cannot be, and none was.
    """
    value = result.get_value
    if value(0, 0) == b"recorded":
        position, recorded_at = _integer(value(0, 2)), _moment(value(0, 4))
        answers: dict[int, Outcome] = {}
        for index, commit in enumerate(commits):
            last = position + len(commit.events) - 1
            answers[index] = Committed(position, last, recorded_at)
            position = last + 1
        return answers
    answers = {}
    for row in range(result.ntuples):
        index = _integer(value(row, 1)) - 1
        # The first reason counts: a command that was recorded conflicts with its own events too.
        answers.setdefault(index, _reason(result, row, commits[index]))
    return answers


def _reason(result: PGresult, row: int, commit: Commit) -> Outcome:
    """Return why a commit cannot be recorded, from one row of the answer."""
    value = result.get_value
    word, actual = value(row, 0), value(row, 7)
    if word == b"repeated":
        return Committed(
            _integer(value(row, 2)), _integer(value(row, 3)), _moment(value(row, 4)), replayed=True
        )
    if word == b"reused":
        return Reused(commit.command_id)
    stream = (value(row, 5) or b"").decode()
    return Conflict(stream, _integer(value(row, 6)), None if actual is None else _integer(actual))


def _integer(value: bytes | None) -> int:
    """Return the number in a binary int4 or int8."""
    return int.from_bytes(value or b"", "big", signed=True)


def _instant(moment: datetime) -> bytes:
    """Return an instant as a binary timestamptz: microseconds since 2000."""
    return _INT8((moment - _EPOCH) // _MICROSECOND)


@lru_cache(maxsize=64)
def _moment(value: bytes | None) -> datetime:
    """Return the instant in a binary timestamptz: microseconds since 2000. A whole batch has the same one."""
    return _EPOCH + timedelta(microseconds=_integer(value))


def _elements(values: Iterable[bytes]) -> bytes:
    """Return the elements of an array, each after its length."""
    return b"".join([_LENGTH(len(value)) + value for value in values])


def _integers(values: Sequence[int]) -> bytes:
    """Return int4 elements, each after its length, which is 4."""
    words = [4] * (2 * len(values))
    words[1::2] = values
    return struct.pack(f">{len(words)}i", *words)


@lru_cache(maxsize=1024)
def _words(author: Author) -> tuple[bytes, ...]:
    """Return the author's five words as array elements: the same people come back all day.

    Raises ``ValueError`` for text that cannot be stored.
    """
    words = (author.actor, author.post, author.body, author.grant, author.on_behalf_of)
    for word in words:
        check_text(word or "")
        if word is not None and len(word) > LONGEST_WORD:
            raise ValueError(f"{word[:20]!r}…: {len(word)} characters about an author, over {LONGEST_WORD}")
    return tuple(_NULL if word is None else _elements([word.encode()]) for word in words)
