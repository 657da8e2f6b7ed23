package draws_test

import (
	"bytes"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/internal/testkit"
	"gongping/internal/testkit/world"
	"gongping/survey/draw/verify"
	"gongping/survey/frame"
)

// annexed checks what only two-stage draws have: a bundle from which nobody is
// recognised, an annex for auditors that opens it, and a part of the receipt.
func (f *fixture) annexed(t *testing.T, id string, bundle []byte, twoStage bool) {
	t.Helper()
	_, err := f.svc.AnnexFile(f.ctx, f.Actor("manager"), id)
	if errs.CodeOf(err) != errs.Forbidden {
		t.Errorf("a manager asks for the annex: %v", err)
	}
	file, err := f.svc.AnnexFile(f.ctx, f.Actor("auditor"), id)
	if !twoStage {
		wantKey(t, err, "draw.no_annex")
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	annex, err := io.ReadAll(file)
	file.Close()
	if err != nil {
		t.Fatal(err)
	}
	rep, err := verify.Annex(bytes.NewReader(bundle), "", bytes.NewReader(annex))
	if err != nil || rep.Drawn == 0 || rep.Persons != len(f.Demo.People) {
		t.Fatalf("%+v, %v", rep, err)
	}
	f.nobodySeen(t, bundle)
	f.receipts(t, id, bundle)
}

// nobodySeen plays the neighbour: no code of the frame stands in the bundle, and
// no cluster is small or drawn by more than a half.
func (f *fixture) nobodySeen(t *testing.T, bundle []byte) {
	t.Helper()
	drawn, all := map[string]int{}, map[string]int{}
	text := string(bundle)
	for _, l := range strings.Split(text[strings.Index(text, "--- units.csv"):], "\n") {
		if cell := strings.Split(l, ","); len(cell) == 7 && cell[5] != "" && cell[3] != "stratum" {
			all[cell[3]+"/"+cell[4]]++
		} else if len(cell) == 7 && cell[4] != "" && cell[3] != "stratum" {
			t.Fatalf("%s names where a person lives", l)
		}
	}
	for _, l := range strings.Split(text[strings.Index(text, "--- sample.csv"):strings.Index(text, "--- record.txt")], "\n") {
		if cell := strings.Split(l, ","); len(cell) == 7 && cell[1] != "" && cell[0] != "stratum" {
			drawn[cell[0]+"/"+cell[1]]++
		}
	}
	for at, n := range all {
		if n < 10 || 2*drawn[at] > n {
			t.Errorf("cluster %s: %d households, %d of them drawn", at, n, drawn[at])
		}
	}
	if len(all) == 0 || len(drawn) < 3 {
		t.Errorf("%d clusters, %d drawn", len(all), len(drawn))
	}
	rows, err := testkit.OwnerDB(t).Query(f.ctx, `select distinct unnest(array[household, building, grid]) from frame_person where frame_id = $1`, f.FrameID)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var code string
	for rows.Next() {
		if err := rows.Scan(&code); err != nil || code != "" && strings.Contains(text, ","+code+",") {
			t.Errorf("%s stands in the bundle (%v)", code, err)
		}
	}
}

// receipts gives the first persons drawn their receipts, with the household part.
func (f *fixture) receipts(t *testing.T, id string, bundle []byte) {
	t.Helper()
	rep, err := verify.Bundle(bytes.NewReader(bundle), "")
	if err != nil {
		t.Fatal(err)
	}
	var people []string
	err = testkit.OwnerDB(t).QueryRow(f.ctx, `select array(select person_id from draw_selection where draw_id = $1 and household <> '' order by person_id limit 3)`, id).Scan(&people)
	if err != nil || len(people) != 3 {
		t.Fatal(people, err)
	}
	secret := world.Secret()
	residents := map[string]*frame.Resident{}
	entries := map[string]frame.Entry{}
	for i := range f.Demo.People {
		r := world.Resident(&f.Demo.People[i])
		e := secret.Entry(r)
		residents[e.FrameID], entries[e.FrameID] = r, e
	}
	proofs, digest, err := frame.Prove(sorted(entries), people)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		own, err := secret.NewReceipt(f.FrameID, digest, proofs[p], residents[p])
		if err != nil {
			t.Fatal(err)
		}
		parts, err := f.svc.ReceiptParts(f.ctx, f.Pool, demo.DistrictCode, f.FrameID, p)
		if err != nil {
			t.Fatal(err)
		}
		got, err := verify.ReadReceipt(append(own.Text(), parts...))
		if err != nil {
			t.Fatal(err)
		}
		who, err := rep.Find(got)
		if err != nil || who.Role == "none" || who.Role != who.HouseholdRole || who.Household == "" {
			t.Errorf("%s was drawn, the receipt says %+v, %v", p, who, err)
		}
	}
}

func sorted(entries map[string]frame.Entry) func() iter.Seq2[frame.Entry, error] {
	ids := slices.Sorted(maps.Keys(entries))
	return func() iter.Seq2[frame.Entry, error] {
		return func(yield func(frame.Entry, error) bool) {
			for _, id := range ids {
				if !yield(entries[id], nil) {
					return
				}
			}
		}
	}
}
