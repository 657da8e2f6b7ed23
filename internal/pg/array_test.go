package pg_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/internal/testkit"
)

// What the database reads from an Array is what was appended, nulls and the
// empty array included.
func TestArraysArriveAsTheyWereBuilt(t *testing.T) {
	t.Parallel()
	var ids, texts, raw, numbers, weights, none pg.Array
	id := uuid.MustParse("6f1c0a52-63a5-4c2e-9d0e-0f5b1f8f2a11")
	ids.Grow(3, 16)
	ids.UUID(id)
	ids.Null()
	ids.UUID(uuid.Nil)
	texts.Text("公评")
	texts.Text("")
	texts.Bytes([]byte(`a"b,{}\`))
	raw.Bytes([]byte{0, 255})
	raw.Null()
	raw.Bytes(nil)
	for _, v := range []int32{-1, 0, 1 << 30} {
		numbers.Int32(v)
		weights.Float64(float64(v) / 3)
	}
	rows, err := testkit.DB(t).Query(t.Context(), `select coalesce(a::text, '-'), b, coalesce(encode(c, 'hex'), '-'), d, e
		from unnest($1::uuid[], $2::text[], $3::bytea[], $4::int[], $5::float8[]) with ordinality as t(a, b, c, d, e, at) where cardinality($6::uuid[]) = 0 order by at`,
		&ids, &texts, &raw, &numbers, &weights, &none)
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		A, B, C string
		D       int32
		E       float64
	}
	got, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		t.Fatal(err)
	}
	want := []row{{id.String(), "公评", "00ff", -1, -1.0 / 3}, {"-", "", "-", 0, 0}, {uuid.Nil.String(), `a"b,{}\`, "", 1 << 30, float64(1<<30) / 3}}
	if ids.Len() != len(want) || len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("row %d: got %+v, want %+v", i, got[i], want[i])
		}
	}
}
