"""What is said of a document that is not taken."""

from __future__ import annotations

from domain.event import Refused


def not_taken(es: str, en: str) -> Refused:
    """Return the refusal of a kind of file that is not taken."""
    return Refused(
        "document-kind-not-taken",
        es=f"Es {es}, y eso no se recibe: conviértelo a PDF, imagen, XLSX, DOCX, ODT, CSV o texto.",
        en=f"It is {en}, and that is not taken: make it a PDF, an image, XLSX, DOCX, ODT, CSV or text.",
    )


def damaged() -> Refused:
    """Return the refusal of a file that was cut off or added to."""
    return Refused(
        "document-damaged",
        es="El documento está incompleto o trae algo más detrás de su final: ábrelo, guárdalo otra vez y súbelo.",
        en="The document is cut off, or holds more behind its end: open it, save it again and upload that.",
    )


def two_at_once() -> Refused:
    """Return the refusal of a file that another program would take for something else."""
    return Refused(
        "document-two-at-once",
        es="El documento es dos cosas a la vez: trae un paquete ZIP escondido. Súbelo sin él.",
        en="The document is two things at once: a ZIP package is hidden in it. Upload it without.",
    )


def unsafe_package(es: str, en: str) -> Refused:
    """Return the refusal of a package that no office program made."""
    return Refused(
        "document-package-unsafe",
        es=f"El documento es un paquete que no se abre sin riesgo ({es}): guárdalo otra vez desde tu programa.",
        en=f"The document is a package that is not safe to open ({en}): save it again from your program.",
    )
