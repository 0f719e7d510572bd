// Reads a log of Swarm with other people's code: golang.org/x/mod/sumdb/note opens the checkpoint
// under key.pub, golang.org/x/mod/sumdb/tlog recomputes the tree from the tiles and checks proofs.
//
//	go-reader KEY WORKSPACE-FOLDER PROOF.json
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Ours are named as C2SP names them: tile/LEVEL/N, where Go's own have the height, too.
type tiles struct{ folder string }

func (t tiles) Height() int { return 8 }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		bytes, err := os.ReadFile(filepath.Join(t.folder, path))
		if err != nil {
			return nil, err
		}
		all = append(all, bytes)
	}
	return all, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

type entryProof struct {
	Seq       int64    `json:"seq"`
	LeafHash  string   `json:"leafHash"`
	Hashes    []string `json:"hashes"`
	TlogProof string   `json:"tlogProof"`
}

type eventProof struct {
	Checkpoint string       `json:"checkpoint"`
	Entries    []entryProof `json:"entries"`
}

func hashOf(text string) (tlog.Hash, error) {
	var hash tlog.Hash
	bytes, err := base64.StdEncoding.DecodeString(text)
	if err == nil && len(bytes) != len(hash) {
		err = fmt.Errorf("a hash of %d bytes", len(bytes))
	}
	copy(hash[:], bytes)
	return hash, err
}

// The checkpoint's text is Go's tree format but for its first line.
func openCheckpoint(bytes []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(bytes, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], verifier.Name()+"/") {
		return tlog.Tree{}, fmt.Errorf("no checkpoint: %q", opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := hashOf(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func checkTree(tree tlog.Tree, folder string) error {
	// TileHashReader authenticates every tile that it reads against the tree's hash.
	reader := tlog.TileHashReader(tree, tiles{folder})
	root, err := tlog.TreeHash(tree.N, reader)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return fmt.Errorf("the tiles make another root")
	}
	for seq := int64(0); seq < tree.N; seq++ {
		leaf, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, seq)})
		if err != nil {
			return err
		}
		proof, err := tlog.ProveRecord(tree.N, seq, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, seq, leaf[0]); err != nil {
			return err
		}
	}
	return nil
}

func checkProof(path string, verifier note.Verifier) (int, error) {
	bytes, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	var proof eventProof
	if err := json.Unmarshal(bytes, &proof); err != nil {
		return 0, err
	}
	for _, entry := range proof.Entries {
		// Everything is taken from the tlog-proof; the rest must say the same.
		head, checkpoint, _ := strings.Cut(entry.TlogProof, "\n\n")
		lines := strings.Split(head, "\n")
		if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || lines[1] != fmt.Sprintf("index %d", entry.Seq) {
			return 0, fmt.Errorf("no tlog-proof: %q", head)
		}
		tree, err := openCheckpoint([]byte(checkpoint), verifier)
		if err != nil {
			return 0, err
		}
		var hashes tlog.RecordProof
		for _, line := range lines[2:] {
			hash, err := hashOf(line)
			if err != nil {
				return 0, err
			}
			hashes = append(hashes, hash)
		}
		leaf, err := hashOf(entry.LeafHash)
		if err != nil {
			return 0, err
		}
		if err := tlog.CheckRecord(hashes, tree.N, tree.Hash, entry.Seq, leaf); err != nil {
			return 0, err
		}
	}
	return len(proof.Entries), nil
}

func run(key, folder, proof string) error {
	keyText, err := os.ReadFile(key)
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(keyText)))
	if err != nil {
		return err
	}
	bytes, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := openCheckpoint(bytes, verifier)
	if err != nil {
		return err
	}
	if err := checkTree(tree, folder); err != nil {
		return err
	}
	proven, err := checkProof(proof, verifier)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d entries, %d proven\n", verifier.Name(), tree.N, proven)
	return nil
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: go-reader KEY WORKSPACE-FOLDER PROOF.json")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
