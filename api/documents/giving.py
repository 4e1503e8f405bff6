"""Giving a document: to keep, never to be shown by the browser, and only as what it was when it came."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.documents.kinds import KINDS
from api.documents.receiving import REPR_DIGEST, digest_written, document_of
from api.problems import Problem
from api.reading import reader_has
from domain.document import Document
from ledger.documents import DocumentFolder, Kept, verified


async def document_response(request: Request, folder: DocumentFolder, sha256: str) -> Response:
    """Return a document that may be given. Raises a 410 `Problem` where its bytes are no longer here.

    It is hashed on its way: where it is not what it was, the answer breaks off before its last piece.
    A part of it cannot be asked for (``Range`` is optional, RFC 9110, section 14.2): a part cannot be verified.
    """
    kept = folder.find(sha256)
    if kept is None:
        raise _gone()
    document = await run_in_threadpool(document_of, kept)
    tag = f'"{sha256}"'
    headers = _headers(document) | {"ETag": tag}
    if reader_has(request, tag):
        return Response(status_code=304, headers={"ETag": tag})
    return _stream(kept, document, headers)


def file_name(document: Document) -> str:
    """Return what a document is called where it is saved: its digest, and the ending of what it is."""
    kind = KINDS.get(document.media_type)
    return f"{document.sha256[:16]}.{kind.extensions[0] if kind else 'bin'}"


def _stream(kept: Kept, document: Document, headers: dict[str, str]) -> Response:
    charset = "; charset=utf-8" if document.media_type == "text/plain" else ""
    return StreamingResponse(verified(kept), media_type=document.media_type + charset, headers=headers)


def _headers(document: Document) -> dict[str, str]:
    return {
        "Content-Length": str(document.size_bytes),
        "Content-Disposition": f'attachment; filename="{file_name(document)}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
        REPR_DIGEST: digest_written(document.sha256),
        "Accept-Ranges": "none",
        "Cache-Control": "private, no-cache",
    }


def unknown_document() -> Problem:
    """Return the problem of a document that is not there, or that may not be given to who asks."""
    return Problem(
        404,
        "unknown-document",
        es="No hay un documento con ese SHA-256, o no es público.",
        en="There is no document of that SHA-256, or it is not public.",
    )


def _gone() -> Problem:
    return Problem(
        410,
        "document-gone",
        es="El documento consta en la bitácora pero sus bytes ya no están aquí: pídelo a quien lo adjuntó.",
        en="The log has the document but its bytes are no longer here: ask who attached it.",
    )
