package audit_test

import (
	"strings"
	"testing"
	"time"

	"gongping/internal/audit"
)

func chain(n int) []audit.Entry {
	list := make([]audit.Entry, n)
	for i := range list {
		list[i] = audit.Entry{District: "310104", At: time.Date(2026, 11, 20, 8, 0, i, 0, time.UTC), ActorRole: "manager", Action: "round.edit",
			Kind: "round", ID: strings.Repeat("x", i+1), Detail: audit.Detail(map[string]any{"n": i, "a": "b"})}
	}
	audit.Chain(0, nil, list)
	return list
}

func verify(list []audit.Entry) error {
	var v audit.Verifier
	for i := range list {
		if err := v.Next(&list[i]); err != nil {
			return err
		}
	}
	return nil
}

func TestChainVerifies(t *testing.T) {
	list := chain(20)
	if err := verify(list); err != nil {
		t.Fatal(err)
	}
	more := []audit.Entry{{District: "310104", At: time.Now(), ActorRole: "system", Action: "x"}}
	audit.Chain(20, list[19].Hash, more)
	if err := verify(append(list, more...)); err != nil {
		t.Fatal(err)
	}
}

// Every field is covered by the hash, and the first bad record is named.
func TestAnyChangeIsFound(t *testing.T) {
	spoil := map[string]func(*audit.Entry){
		"district": func(e *audit.Entry) { e.District = "310105" }, "time": func(e *audit.Entry) { e.At = e.At.Add(time.Microsecond) },
		"actor": func(e *audit.Entry) { e.ActorID = "a" }, "role": func(e *audit.Entry) { e.ActorRole = "admin" },
		"action": func(e *audit.Entry) { e.Action = "round.freeze" }, "kind": func(e *audit.Entry) { e.Kind = "draw" },
		"id": func(e *audit.Entry) { e.ID += "x" }, "area": func(e *audit.Entry) { e.Area = "3" },
		"detail": func(e *audit.Entry) { e.Detail = "{}" }, "hash": func(e *audit.Entry) { e.Hash = append([]byte(nil), e.Prev...) },
		// A field moved into its neighbour: lengths are part of the hash.
		"border": func(e *audit.Entry) { e.Kind, e.ID = e.Kind+e.ID[:1], e.ID[1:] },
	}
	for name, f := range spoil {
		list := chain(8)
		f(&list[4])
		if err := verify(list); err == nil || !strings.HasPrefix(err.Error(), "record 5:") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMissingAndInsertedRecordsAreFound(t *testing.T) {
	list := chain(8)
	cut := append(append([]audit.Entry(nil), list[:3]...), list[4:]...)
	if err := verify(cut); err == nil || !strings.HasPrefix(err.Error(), "record 5: expected record 4") {
		t.Errorf("missing: %v", err)
	}
	// A forger who recomputes a record's own hash is found at the next one.
	list[2].Detail = `{"forged":true}`
	list[2].Hash = list[2].Sum()
	if err := verify(list); err == nil || !strings.HasPrefix(err.Error(), "record 4:") {
		t.Errorf("forged: %v", err)
	}
}
