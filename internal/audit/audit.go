// Package audit defines the append-only log of acts and of reads of personal
// data: a hash chain per district, in which no record can be altered, removed
// or put in between without every later hash changing.
//
//	hash = SHA-256(len-prefixed: "gongping/audit/v1", district, seq, at, actor,
//	               role, action, kind, id, area, detail, prev_hash)
//
// Every field is written as a big-endian uint64 length and its bytes; numbers
// and times as decimal text and RFC 3339 in UTC with microseconds.
package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Entry is one record of the log.
type Entry struct {
	District  string    `json:"district"`
	Seq       int64     `json:"seq"`
	At        time.Time `json:"at"`
	ActorID   string    `json:"actor_id,omitempty"`
	ActorRole string    `json:"actor_role"`
	Action    string    `json:"action"`
	Kind      string    `json:"object_kind"`
	ID        string    `json:"object_id"`
	Area      string    `json:"area,omitempty"`
	Detail    string    `json:"detail"` // canonical JSON; ids and counts, never names
	Prev      []byte    `json:"prev_hash"`
	Hash      []byte    `json:"hash"`
}

// Detail encodes the detail of an entry. Map keys are sorted by encoding/json,
// so equal details have equal bytes.
func Detail(v map[string]any) string {
	if len(v) == 0 {
		return "{}"
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("audit: detail does not encode: %v", err))
	}
	return string(b)
}

// Sum computes the hash of an entry over its fields and Prev.
func (e *Entry) Sum() []byte {
	h := sha256.New()
	put := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	for _, s := range []string{"gongping/audit/v1", e.District, strconv.FormatInt(e.Seq, 10),
		e.At.UTC().Format("2006-01-02T15:04:05.000000Z"), e.ActorID, e.ActorRole, e.Action, e.Kind, e.ID, e.Area, e.Detail} {
		put([]byte(s))
	}
	put(e.Prev)
	return h.Sum(nil)
}

// Chain completes entries so that they follow the record with lastSeq and
// lastHash (0 and nil for the first of a district).
func Chain(lastSeq int64, lastHash []byte, entries []Entry) {
	for i := range entries {
		e := &entries[i]
		lastSeq++
		e.Seq, e.Prev = lastSeq, lastHash
		if e.Prev == nil {
			e.Prev = []byte{}
		}
		e.Hash = e.Sum()
		lastHash = e.Hash
	}
}

// Verifier checks a log record by record, in order of Seq.
type Verifier struct {
	seq  int64
	hash []byte
}

// Next returns an error that names the first record that does not follow.
func (v *Verifier) Next(e *Entry) error {
	switch {
	case e.Seq != v.seq+1:
		return fmt.Errorf("record %d: expected record %d here, so at least one is missing", e.Seq, v.seq+1)
	case !bytes.Equal(e.Prev, v.hash):
		return fmt.Errorf("record %d: it does not follow record %d as that stands now", e.Seq, v.seq)
	case !bytes.Equal(e.Hash, e.Sum()):
		return fmt.Errorf("record %d: its content does not match its hash, so it was altered", e.Seq)
	}
	v.seq, v.hash = e.Seq, e.Hash
	return nil
}

// Head returns the last verified record's number and hash: the checkpoint that
// can be lodged elsewhere.
func (v *Verifier) Head() (seq int64, hash []byte) { return v.seq, v.hash }
