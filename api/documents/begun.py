"""What is kept of an upload beside its bytes, until it is a document or a day old."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from ledger.documents import DocumentFolder


class Begun(BaseModel):
    """Whose upload it is, and what was said of it when it began."""

    model_config = ConfigDict(frozen=True)

    actor: str
    length: int | None
    name: str
    expires_at: datetime


def drop_uploads_of(documents: DocumentFolder, actor: str) -> None:
    """Let go of what somebody began to send and has not finished."""
    for id_ in documents.resumable():
        about = documents.about(id_)
        if about is not None and Begun.model_validate_json(about).actor == actor:
            documents.drop(id_)
