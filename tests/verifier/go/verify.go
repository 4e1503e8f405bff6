// Verify a published log with golang.org/x/mod/sumdb, which knows nothing of us: note, tlog, and the tiles as files.
//
//	go run verify.go FOLDER VKEY
//
// It opens the checkpoint, hashes every entry, works the root out of the tiles, proves some entries to be in the tree
// and some earlier trees to be continued, and prints the size. Anything else is said, and ends with 1.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// published reads the tiles of a log of one size from a folder.
type published struct {
	folder string
	size   int64
}

func (p published) Height() int { return 8 }

// path is where a tile is: tlog names them tile/8/LEVEL/…, and tile/8/data/… those of entries.
func path(tile tlog.Tile) string {
	found := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
	return strings.Replace(found, "tile/data/", "tile/entries/", 1)
}

// width is how wide a tile is in a tree of this size.
func (p published) width(tile tlog.Tile) int {
	if whole := (p.size >> (8 * uint(tile.L))) - tile.N*256; whole < 256 {
		return int(whole)
	}
	return 256
}

func (p published) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		// tlog asks for as much as it needs; there is the widest.
		wanted := tile.W
		tile.W = p.width(tile)
		content, err := os.ReadFile(filepath.Join(p.folder, path(tile)))
		if err != nil {
			return nil, err
		}
		if len(content) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has %d bytes", path(tile), len(content))
		}
		found = append(found, content[:wanted*tlog.HashSize])
	}
	return found, nil
}

func (p published) SaveTiles([]tlog.Tile, [][]byte) {}

// entries calls back with every entry, in order.
func (p published) entries(each func(index int64, entry []byte) error) error {
	for first := int64(0); first < p.size; first += 256 {
		width := p.size - first
		if width > 256 {
			width = 256
		}
		bundle, err := os.ReadFile(filepath.Join(p.folder, path(tlog.Tile{H: 8, L: -1, N: first / 256, W: int(width)})))
		if err != nil {
			return err
		}
		for n := int64(0); n < width; n++ {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				return fmt.Errorf("the bundle at %d is cut short", first)
			}
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			if err := each(first+n, bundle[2:end]); err != nil {
				return err
			}
			bundle = bundle[end:]
		}
		if len(bundle) > 0 {
			return fmt.Errorf("the bundle at %d goes on", first)
		}
	}
	return nil
}

func verify(folder, vkey string) (int64, error) {
	file, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return 0, err
	}
	key, err := note.NewVerifier(vkey)
	if err != nil {
		return 0, err
	}
	opened, err := note.Open(file, note.VerifierList(key))
	if err != nil {
		return 0, err
	}
	// tlog.ParseTree accepts Go's own log alone, so the three lines are read here.
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != key.Name() {
		return 0, fmt.Errorf("the checkpoint is of %q", lines[0])
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return 0, err
	}
	decoded, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(decoded) != tlog.HashSize {
		return 0, fmt.Errorf("the root is %q", lines[2])
	}
	var root tlog.Hash
	copy(root[:], decoded)
	return size, check(published{folder, size}, tlog.Tree{N: size, Hash: root})
}

func check(p published, tree tlog.Tree) error {
	// TileHashReader holds every tile it reads against the root.
	reader := tlog.TileHashReader(tree, p)
	var stored []tlog.Hash
	own := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	err := p.entries(func(index int64, entry []byte) error {
		hashes, err := tlog.StoredHashes(index, entry, own)
		stored = append(stored, hashes...)
		return err
	})
	if err != nil {
		return err
	}
	root, err := tlog.TreeHash(tree.N, own)
	if err != nil || root != tree.Hash {
		return fmt.Errorf("the entries lead to %v, and %v was signed (%v)", root, tree.Hash, err)
	}
	// Every tile there has to be, made by Go and compared: the reader above holds only those it needs against the root.
	for _, tile := range tlog.NewTiles(8, 0, tree.N) {
		if tile.W != p.width(tile) {
			continue // narrower, from when the tree was smaller
		}
		made, err := tlog.ReadTileData(tile, own)
		if err != nil {
			return err
		}
		kept, err := os.ReadFile(filepath.Join(p.folder, path(tile)))
		if err != nil || !bytes.Equal(made, kept) {
			return fmt.Errorf("%s is not as Go makes it (%v)", path(tile), err)
		}
	}
	for n := int64(0); n < 40; n++ {
		index := n * (tree.N - 1) / 39
		proof, err := tlog.ProveRecord(tree.N, index, reader)
		if err != nil {
			return err
		}
		leaf := stored[tlog.StoredHashIndex(0, index)]
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf); err != nil {
			return err
		}
		older, err := tlog.TreeHash(index+1, own)
		if err != nil {
			return err
		}
		growth, err := tlog.ProveTree(tree.N, index+1, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(growth, tree.N, tree.Hash, index+1, older); err != nil {
			return err
		}
		if bytes.Equal(older[:], tree.Hash[:]) != (index+1 == tree.N) {
			return fmt.Errorf("two trees have one root")
		}
	}
	return nil
}

func main() {
	log.SetFlags(0)
	size, err := verify(os.Args[1], os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(size)
}
