"""Notes against the specification's own example and Go's, and against notes that are nearly right."""

from __future__ import annotations

import base64

import pytest

from ledger.note import (
    LONGEST_NOTE,
    BadNote,
    PublicKey,
    Signature,
    SigningKey,
    from_base64,
    parse_note,
    parse_secret,
    parse_signature,
    parse_vkey,
    signed,
    verify_note,
)

KEY = SigningKey("bitacora.example.mx/2027", bytes(range(32)))
OTHER = SigningKey("bitacora.example.mx/2027", bytes(range(1, 33)))
TEXT = "bitacora.example.mx/2027\n1\nroot\n"

# The key and the note in the documentation of Go's golang.org/x/mod/sumdb/note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()


def test_a_note_of_gos_documentation_verifies() -> None:
    key = parse_vkey(GO_VKEY)

    assert verify_note(parse_note(GO_NOTE), [key]) == [key]
    assert key.vkey == GO_VKEY
    assert parse_note(GO_NOTE).file == GO_NOTE


def test_what_is_signed_is_read_back_and_verifies() -> None:
    note = signed(TEXT, [KEY, OTHER])

    assert parse_note(note.file) == note
    assert verify_note(note, [KEY.public]) == [KEY.public], "the other is passed over"
    assert verify_note(note, [OTHER.public, KEY.public]) == [KEY.public, OTHER.public]


def test_a_key_is_written_and_read_and_never_shown() -> None:
    assert parse_secret(KEY.secret) == KEY
    assert parse_vkey(KEY.public.vkey) == KEY.public
    assert KEY.secret.startswith("PRIVATE+KEY+bitacora.example.mx/2027+")
    assert "seed" not in repr(KEY)


def test_a_text_may_have_empty_lines_of_its_own() -> None:
    note = signed("one\n\ntwo\n", [KEY])

    assert parse_note(note.file).text == "one\n\ntwo\n"


def line_of(note_key: SigningKey, text: str = TEXT) -> str:
    return note_key.sign(text).line


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"\n",
        TEXT.encode(),
        f"{TEXT}\n".encode(),
        f"{TEXT}\n{line_of(KEY)}".encode(),
        f"{TEXT}{line_of(KEY)}\n".encode(),
        f"{TEXT}\n\n{line_of(KEY)}\n\n".encode(),
        f"{TEXT}\n{line_of(KEY)}\n\n".encode(),
        f"{TEXT}\n{line_of(KEY)}\r\n".encode(),
        f"{TEXT}\t\n\n{line_of(KEY)}\n".encode(),
        f"{TEXT}\n{line_of(KEY).replace('—', '-')}\n".encode(),
        f"{TEXT}\n{line_of(KEY)} \n".encode(),
        f"{TEXT}\n{line_of(KEY)[:-4]}!!!!\n".encode(),
        f"{TEXT}\n— name AAAA\n".encode(),
        f"{TEXT}\n— a+b {base64.b64encode(bytes(68)).decode()}\n".encode(),
        f"{TEXT}\n— a b {base64.b64encode(bytes(68)).decode()}\n".encode(),
        f"{TEXT}\n{(line_of(KEY) + chr(10)) * 17}".encode(),
        TEXT.encode() + b"\xff\n\n" + line_of(KEY).encode() + b"\n",
        b"x" * (LONGEST_NOTE + 1),
    ],
)
def test_what_is_no_note_is_refused(file: bytes) -> None:
    with pytest.raises(BadNote):
        parse_note(file)


def test_sixteen_signatures_are_read() -> None:
    note = signed(TEXT, [KEY] * 16)

    assert verify_note(parse_note(note.file), [KEY.public]) == [KEY.public]


def test_a_changed_text_another_key_and_a_signature_of_nobody_known_are_not_believed() -> None:
    note = signed(TEXT, [KEY])
    changed = parse_note(note.file.replace(b"\n1\n", b"\n2\n"))
    # Another key that says it has this one's number.
    posing = Signature(KEY.name, KEY.public.key_id, OTHER.sign(TEXT).signature)

    with pytest.raises(BadNote, match="is not good"):
        verify_note(changed, [KEY.public])
    with pytest.raises(BadNote, match="none of the known keys"):
        verify_note(note, [OTHER.public])
    with pytest.raises(BadNote, match="is not good"):
        verify_note(parse_note(note.file + posing.line.encode() + b"\n"), [KEY.public])
    with pytest.raises(BadNote, match="none of the known keys"):
        verify_note(note, [PublicKey("another.example/log", KEY.public.key)])


@pytest.mark.parametrize(
    "line", ["", "a+b", "a+00000000+AAAA", GO_VKEY.upper(), GO_VKEY + "=", GO_VKEY.replace("c7", "c8")]
)
def test_what_is_no_key_is_refused(line: str) -> None:
    with pytest.raises(BadNote):
        parse_vkey(line)
    for secret in (line, f"PRIVATE+KEY+{line}"):
        with pytest.raises(BadNote) as refusal:
            parse_secret(secret)
        assert not line or line not in str(refusal.value)


def test_base64_is_written_in_one_way() -> None:
    assert from_base64("AAA=") == b"\0\0"
    for text in ("AAB=", "AAA", "A-A=", " AAA="):
        with pytest.raises(BadNote):
            from_base64(text)


def test_a_signatures_line_is_read_back() -> None:
    line = KEY.sign(TEXT)

    assert parse_signature(line.line) == line


@pytest.mark.parametrize("text", ["", "\n", "no end", "a\tb\n"])
def test_a_text_no_note_may_have_is_not_signed(text: str) -> None:
    with pytest.raises(BadNote):
        signed(text, [KEY])
