"""Group commit: every command of this process goes through one thread and one pinned connection.

Nothing is acknowledged before its batch is durable, and nothing is thrown away because its caller went away.
"""

from __future__ import annotations

from asyncio import Future

from ledger.batch_queue import BatchQueue
from ledger.entry import check_entries
from ledger.log import Commit, Log, Outcome


class Committer(BatchQueue[Commit, Outcome]):
    """The queue before ``log.append``. Any number of processes may have one: the log's head puts them in order."""

    def __init__(self, log: Log, *, capacity: int = 10_000, batch_size: int = 512) -> None:
        super().__init__(
            log.begin_append, name="committer", abreast=2, capacity=capacity, batch_size=batch_size
        )

    def append(self, commit: Commit) -> Future[Outcome]:
        """Queue a commit; await the result for its outcome.

        Raises `QueueFull` and `ledger.entry.EntryTooLarge`; awaiting raises `Unavailable` or `OutcomeUnknown`.
        """
        check_entries(commit)
        return self.ask(commit)

    def append_and_wait(self, commit: Commit) -> Outcome:
        """Queue a commit and block until it is durable or refused. Raises as `append` does."""
        check_entries(commit)
        return self.ask_and_wait(commit)
