package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"testing"
	"time"
)

// digest is a fingerprint of all that a world holds and of a simulated
// fieldwork in it.
func digest(t *testing.T, w *World) string {
	t.Helper()
	h := sha256.New()
	for _, f := range []func(io.Writer, Headers) error{w.WriteAreas, w.WriteWorkers, w.WriteFrame, w.WriteIndicators, w.WriteRatings} {
		if err := f(h, English); err != nil {
			t.Fatal(err)
		}
	}
	visits := w.Simulate(w.Finished, drawn(w, w.Finished, 1), 2)
	for _, part := range []any{w.Accounts, w.Finished, w.Open, w.Questionnaire, w.Truth.Collective, w.Truth.Coached, w.Truth.Lone, visits} {
		b, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(b)
	}
	for _, c := range w.Truth.Committees {
		fmt.Fprintf(h, "%s %.6f %.6f %.6f %.6f\n", c.Code, c.Effect, c.TrueMean, c.AnsweredMean, c.OverallMean)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// TestGolden fixes the demonstration to the byte. A change here changes every
// figure that the documents and screenshots show: say so in the commit.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		w    *World
		want string
	}{
		{"full", full(), "6065fe591ad1deb848bb1ec769a4b4ce05a34c36f422589ca359fe4b5066a988"},
		{"small", Generate(1, Small()), "ea1e059bd35222d8ff55d9251c8e218b3799ed65cb26ed35a4927686c3d3c396"},
	} {
		if got := digest(t, c.w); got != c.want {
			t.Errorf("%s: digest %s, want %s", c.name, got, c.want)
		}
	}
	if a, b := digest(t, Generate(2, Small())), digest(t, Generate(3, Small())); a == b {
		t.Error("two seeds give the same world")
	}
}

// TestToday: the day of opening moves the rounds and nothing else.
func TestToday(t *testing.T) {
	t.Parallel()
	later := Small()
	later.Today = time.Date(2027, 3, 3, 15, 4, 5, 0, time.UTC)
	a, b := Generate(1, Small()), Generate(1, later)
	if d := b.Finished.OpensOn.Weekday(); d != time.Monday || b.Open.Cutoff.Sub(b.Options.Today) != 12*time.Hour {
		t.Errorf("the finished round opens on %v, the open one is cut at %v", d, b.Open.Cutoff)
	}
	va, vb := a.Simulate(a.Finished, drawn(a, a.Finished, 1), 2), b.Simulate(b.Finished, drawn(b, b.Finished, 1), 2)
	for i := range va {
		if va[i].Outcome != vb[i].Outcome || !maps.Equal(va[i].Answers, vb[i].Answers) {
			t.Fatalf("another day, another answer: %+v and %+v", va[i], vb[i])
		}
	}
}

// TestEmbedded: the map and the attribution ship with the binary.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	var m struct {
		Features []struct {
			Properties struct {
				Code string `json:"district_code"`
			}
		}
	}
	if err := json.Unmarshal(DistrictsGeoJSON(), &m); err != nil || len(m.Features) != 16 {
		t.Errorf("map: %v, %d districts", err, len(m.Features))
	}
	for _, licence := range []string{"WTFPL", "MIT", "Apache-2.0"} {
		if !bytes.Contains(Attribution(), []byte(licence)) {
			t.Errorf("the attribution does not name %s", licence)
		}
	}
	q := DefaultQuestionnaire()
	if err := q.Check(); err != nil {
		t.Error(err)
	}
}
