"""Cases that are not public: to whoever has no authority over their place they are not there, and say so alike."""

from __future__ import annotations

from domain.access import Caller
from domain.process import PROCESS, CaseOpened, Process, process_stream
from ledger.ledger import View


def is_hidden(process: Process, caller: Caller | None, id_: str) -> bool:
    """Tell whether a process is a case that is not there for whoever asks; None is anybody."""
    opened = process.opened
    if not isinstance(opened, CaseOpened) or opened.docket == "public":
        return False
    return caller is None or not caller.reaches(opened.territory, id_)


async def hides(view: View, process: str | None, caller: Caller) -> bool:
    """Tell the same of a process by its id; what is about none is hidden from nobody."""
    if process is None:
        return False
    return is_hidden((await view.load(PROCESS, process_stream(process))).state, caller, process)
