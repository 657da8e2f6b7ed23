package frame

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestRecordRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := &Resident{
			Household: rapid.String().Draw(t, "household"), Person: rapid.String().Draw(t, "person"), Area: "310104003001001",
			Building: rapid.String().Draw(t, "building"), Sex: Female, BirthYear: rapid.IntRange(1880, 2026).Draw(t, "year"),
			Tenure: Tenant, Contact: Contact(rapid.IntRange(0, 15).Draw(t, "contact")), Status: Living,
			Identity: Identity{Name: rapid.String().Draw(t, "name"), Phone: "13800000000", Address: rapid.String().Draw(t, "address")},
		}
		back, err := DecodeRecord(EncodeRecord(r))
		if err != nil {
			t.Fatal(err)
		}
		if *back != *r {
			t.Fatalf("got %+v, want %+v", back, r)
		}
		var s Secret
		if a, b := s.Entry(r), s.Entry(back); a != b {
			t.Fatalf("the leaf differs: %+v, %+v", a, b)
		}
	})
}

func FuzzDecodeRecord(f *testing.F) {
	f.Add([]byte(`{"person":"P1","birth_year":1980}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := DecodeRecord(b)
		if err != nil {
			return
		}
		again, err := DecodeRecord(EncodeRecord(r))
		if err != nil || !bytes.Equal(EncodeRecord(again), EncodeRecord(r)) {
			t.Fatalf("%+v does not survive: %v", r, err)
		}
	})
}
