// Command sumdb-oracle judges proofs with the code of Go's checksum database, which shares nothing with ours. It reads a JSON object a line and
// answers each with "ok" or with why it refuses.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Kind     string   `json:"kind"` // record, tree or note
	Entry    string   `json:"entry"`
	Index    int64    `json:"index"`
	Size     int64    `json:"size"`
	Root     string   `json:"root"`
	OldSize  int64    `json:"oldSize"`
	OldRoot  string   `json:"oldRoot"`
	Proof    []string `json:"proof"`
	Note     string   `json:"note"`
	Verifier string   `json:"verifier"`
}

func hashOf(text string) (tlog.Hash, error) {
	var hash tlog.Hash
	bytes, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(bytes) != len(hash) {
		return hash, fmt.Errorf("%q is no hash", text)
	}
	copy(hash[:], bytes)
	return hash, nil
}

func hashesOf(texts []string) ([]tlog.Hash, error) {
	hashes := []tlog.Hash{}
	for _, text := range texts {
		hash, err := hashOf(text)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

func judge(q question) error {
	if q.Kind == "note" {
		verifier, err := note.NewVerifier(q.Verifier)
		if err != nil {
			return err
		}
		_, err = note.Open([]byte(q.Note), note.VerifierList(verifier))
		return err
	}
	proof, err := hashesOf(q.Proof)
	if err != nil {
		return err
	}
	root, err := hashOf(q.Root)
	if err != nil {
		return err
	}
	if q.Kind == "record" {
		return tlog.CheckRecord(tlog.RecordProof(proof), q.Size, root, q.Index, tlog.RecordHash([]byte(q.Entry)))
	}
	oldRoot, err := hashOf(q.OldRoot)
	if err != nil {
		return err
	}
	return tlog.CheckTree(tlog.TreeProof(proof), q.Size, root, q.OldSize, oldRoot)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<24)
	answers := bufio.NewWriter(os.Stdout)
	defer answers.Flush()
	for lines.Scan() {
		var q question
		err := json.Unmarshal(lines.Bytes(), &q)
		if err == nil {
			err = judge(q)
		}
		if err == nil {
			fmt.Fprintln(answers, "ok")
		} else {
			fmt.Fprintln(answers, "refused:", err)
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
