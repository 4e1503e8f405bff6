#!/bin/sh
# Verify a signed log of Bitácora Electoral with openssl (3.0 or newer) and a shell: no program of ours.
#
#   verify.sh checkpoint FOLDER|FILE VKEY      the signature of a published log's checkpoint
#   verify.sh receipt RECEIPT ENTRY VKEY       that an entry stands in the log that was signed
#   verify.sh root FOLDER VKEY                 the signature, and the root over every entry (small logs: some 30 a second)
#
# It ends with 0 and one line where all is well, and otherwise with 1 and what is wrong. docs/VERIFY.md numbers the steps.
# Hashes are kept in files as they are, 32 bytes, so that nothing has to be turned into digits and back.
set -eu
LC_ALL=C
export LC_ALL

say() { printf '%s\n' "$*"; }
refuse() {
    say "NOT VERIFIED / NO VERIFICADO: $*" >&2
    exit 1
}
usage() {
    sed -n 's/^#   //p' "$0" >&2
    exit 2
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

sha256() { openssl dgst -sha256 -binary; }
decode() { printf '%s' "$1" | openssl base64 -d -A; }
bytes() { wc -c <"$1" | tr -d ' '; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
node() { { printf '\001'; cat "$1" "$2"; } | sha256 >"$work/node" && mv "$work/node" "$3"; }

# Whether a number is written in its one way, and small enough for a shell.
is_number() {
    case $1 in
        '' | *[!0-9]* | 0?*) return 1 ;;
    esac
    [ ${#1} -le 18 ]
}

# Step 1: a vkey is name+number+base64; sets $name and $number, and makes $work/key.der.
pin() {
    name=${1%%+*}
    rest=${1#*+}
    number=${rest%%+*}
    decode "${rest#*+}" >"$work/packed"
    [ "$(bytes "$work/packed")" = 33 ] || refuse "the vkey is no Ed25519 key"
    [ "$(head -c 1 "$work/packed" | hex)" = 01 ] || refuse "the vkey is no Ed25519 key"
    found=$({ printf '%s\n' "$name"; cat "$work/packed"; } | sha256 | head -c 4 | hex)
    [ "$found" = "$number" ] || refuse "the vkey does not fit its number $number"
    # An Ed25519 key as openssl reads it: twelve bytes of DER (RFC 8410) and the 32 of the key.
    { printf '\060\052\060\005\006\003\053\145\160\003\041\000'; tail -c +2 "$work/packed"; } >"$work/key.der"
}

# Steps 2 to 4: a checkpoint's file; sets $size, and makes $work/root.
open_checkpoint() {
    [ -f "$1" ] || refuse "there is no checkpoint $1"
    blank=$(awk '/^$/ { n = NR } END { print n + 0 }' "$1")
    [ "$blank" -gt 3 ] || refuse "the checkpoint is not a text, an empty line and signatures"
    sed -n "1,$((blank - 1))p" "$1" >"$work/text"
    sed -n "$((blank + 1)),\$p" "$1" >"$work/lines"
    signed=no
    while read -r dash who packed; do
        [ "$dash" = "—" ] && [ "$who" = "$name" ] || continue
        decode "$packed" >"$work/line" || refuse "a signature is no base64"
        [ "$(head -c 4 "$work/line" | hex)" = "$number" ] || continue
        tail -c +5 "$work/line" >"$work/signature"
        openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key.der" -rawin -in "$work/text" \
            -sigfile "$work/signature" >/dev/null 2>&1 || refuse "the signature of $name is not good"
        signed=yes
    done <"$work/lines"
    [ $signed = yes ] || refuse "the pinned key has not signed the checkpoint"
    [ "$(sed -n 1p "$work/text")" = "$name" ] || refuse "the checkpoint is of another log"
    size=$(sed -n 2p "$work/text")
    is_number "$size" || refuse "the checkpoint has no size"
    decode "$(sed -n 3p "$work/text")" >"$work/root"
    [ "$(bytes "$work/root")" = 32 ] || refuse "the checkpoint's root is not 32 bytes"
}

# Step 14: a receipt's file, and the entry it is of.
verify_receipt() {
    [ "$(sed -n 1p "$1")" = "c2sp.org/tlog-proof@v1" ] || refuse "this is no receipt"
    blank=$(awk '/^$/ { print NR; exit }' "$1")
    [ -n "$blank" ] || refuse "the receipt has no checkpoint"
    sed -n "2,$((blank - 1))p" "$1" | sed '1{/^extra /d;}' >"$work/proof"
    sed -n "$((blank + 1)),\$p" "$1" >"$work/checkpoint"
    open_checkpoint "$work/checkpoint"
    read -r word index <"$work/proof" || refuse "the receipt says no place"
    [ "$word" = index ] && is_number "$index" || refuse "the receipt says no place"
    [ "$index" -lt "$size" ] || refuse "the receipt is of an entry beyond its checkpoint"
    { printf '\000'; cat "$2"; } | sha256 >"$work/hash"
    place=$index
    last=$((size - 1))
    sed 1d "$work/proof" >"$work/path"
    while read -r packed; do
        decode "$packed" >"$work/beside"
        [ "$(bytes "$work/beside")" = 32 ] || refuse "a hash of the receipt is not 32 bytes"
        [ "$last" -gt 0 ] || refuse "the receipt has a hash too many"
        if [ $((place % 2)) = 1 ] || [ "$place" = "$last" ]; then
            node "$work/beside" "$work/hash" "$work/hash"
            while [ $((place % 2)) = 0 ] && [ "$place" != 0 ]; do
                place=$((place / 2))
                last=$((last / 2))
            done
        else
            node "$work/hash" "$work/beside" "$work/hash"
        fi
        place=$((place / 2))
        last=$((last / 2))
    done <"$work/path"
    [ "$last" = 0 ] || refuse "the receipt has too few hashes"
    cmp -s "$work/hash" "$work/root" || refuse "this entry does not stand at that place of the log that was signed"
    say "Verified / Verificado: position $((index + 1)) of $size, $name"
}

# Step 6: where bundle number $1 of $2 entries is.
bundle_path() {
    path=$(printf '%03d' $(($1 % 1000)))
    rest=$(($1 / 1000))
    while [ $rest -gt 0 ]; do
        path=$(printf 'x%03d/%s' $((rest % 1000)) "$path")
        rest=$((rest / 1000))
    done
    [ "$2" = 256 ] || path="$path.p/$2"
    printf 'tile/entries/%s' "$path"
}

# Steps 8 and 10: put the leaf $work/hash behind the tree. $heights are those of its parts, the last one first.
add_leaf() {
    height=0
    while [ "${heights%% *}" = "$height" ]; do
        node "$work/part.$height" "$work/hash" "$work/hash"
        heights=${heights#* }
        height=$((height + 1))
    done
    mv "$work/hash" "$work/part.$height"
    heights="$height $heights"
}

# Steps 7 to 10, for logs that are not large: the tiles are not needed for it.
verify_root() {
    heights="end"
    done=0
    while [ "$done" -lt "$size" ]; do
        width=$((size - done < 256 ? size - done : 256))
        bundle="$1/$(bundle_path $((done / 256)) $width)"
        [ -f "$bundle" ] || refuse "$bundle is missing"
        # Where each entry begins and how long it is: two bytes of length, and then as many.
        od -An -v -tu1 "$bundle" | tr -s ' ' '\n' | awk '
            NF == 0 { next }
            left > 0 { left--; at++; next }
            !half { high = $1; half = 1; at++; next }
            { left = high * 256 + $1; half = 0; at++; print at + 1, left }
            END { if (left > 0 || half) print "cut" }' >"$work/entries"
        [ "$(wc -l <"$work/entries" | tr -d ' ')" = "$width" ] || refuse "$bundle does not hold $width entries"
        while read -r start length; do
            [ "$start" != cut ] && [ "$length" -gt 0 ] || refuse "$bundle does not hold $width whole entries"
            { printf '\000'; tail -c "+$start" "$bundle" | head -c "$length"; } | sha256 >"$work/hash"
            add_leaf
        done <"$work/entries"
        done=$((done + width))
    done
    printf '' | sha256 >"$work/whole"
    first=yes
    for height in $heights; do
        [ "$height" != end ] || break
        if [ $first = yes ]; then
            cp "$work/part.$height" "$work/whole"
            first=no
        else
            node "$work/part.$height" "$work/whole" "$work/whole"
        fi
    done
    cmp -s "$work/whole" "$work/root" || refuse "the entries do not lead to the root that was signed"
    say "Verified / Verificado: the root over $size entries, $name"
}

case ${1-} in
    checkpoint)
        [ $# = 3 ] || usage
        pin "$3"
        if [ -d "$2" ]; then open_checkpoint "$2/checkpoint"; else open_checkpoint "$2"; fi
        say "Verified / Verificado: the signature over $size entries, $name"
        ;;
    receipt)
        [ $# = 4 ] || usage
        pin "$4"
        verify_receipt "$2" "$3"
        ;;
    root)
        [ $# = 3 ] || usage
        pin "$3"
        open_checkpoint "$2/checkpoint"
        verify_root "$2"
        ;;
    *) usage ;;
esac
