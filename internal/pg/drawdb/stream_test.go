package drawdb_test

import (
	"context"
	"testing"

	"gongping/internal/demo"
	"gongping/internal/pg/drawdb"
	"gongping/internal/testkit/world"
)

// TestStreamReadsWhatPeopleReads compares the two readers person by person.
func TestStreamReadsWhatPeopleReads(t *testing.T) {
	t.Parallel()
	w, ctx := world.Load(t), context.Background()
	var want []drawdb.Person
	for p, err := range drawdb.People(ctx, w.Pool, demo.DistrictCode, w.FrameID) {
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, p)
	}
	i := 0
	for p, err := range drawdb.Stream(ctx, w.Pool, demo.DistrictCode, w.FrameID) {
		if err != nil {
			t.Fatal(err)
		}
		if p != want[i] {
			t.Fatalf("person %d: %+v, want %+v", i, p, want[i])
		}
		i++
	}
	if i != len(want) || i == 0 {
		t.Fatalf("%d people, want %d", i, len(want))
	}
	// A reading that is given up leaves the transaction usable.
	tx, err := w.Pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(ctx) //nolint:errcheck // nothing to keep
	for range drawdb.Stream(ctx, tx, demo.DistrictCode, w.FrameID) {
		break
	}
	var one int
	if err := tx.QueryRow(ctx, `select 1`).Scan(&one); err != nil {
		t.Error(err)
	}
	for _, err := range drawdb.Stream(ctx, tx, "3101'4", w.FrameID) {
		if err == nil {
			t.Error("a district that is no code was read")
		}
	}
	for _, err := range drawdb.Stream(ctx, tx, demo.DistrictCode, "x' or true --") {
		if err == nil {
			t.Error("a frame that is no id was read")
		}
	}
}
