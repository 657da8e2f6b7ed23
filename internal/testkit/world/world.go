// Package world puts the small demonstration world into a test's database:
// areas, accounts and a frozen frame, written directly, so that tests of what
// follows need neither the import nor its time.
package world

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"log/slog"
	"sort"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/clock"
	"gongping/internal/demo"
	"gongping/internal/seal"
	"gongping/internal/testkit"
	"gongping/survey"
	"gongping/survey/frame"
	"gongping/survey/frame/canon"
)

// idSpace makes ids that are the same in every test: who holds which case, who
// is asked first, and so what a test finds, must not change from run to run.
var idSpace = uuid.MustParse("b0a3c2a4-53a2-4d0c-8f0e-5a0d6d5f7e31")

func id(name string) string { return uuid.NewSHA1(idSpace, []byte(name)).String() }

// World is a loaded demonstration.
type World struct {
	*app.Core
	T       testing.TB
	Demo    *demo.World
	Clock   *clock.Fixed
	FrameID string
	actors  map[string]authz.Actor
}

// Load makes the small world in t's database.
func Load(t testing.TB) *World {
	t.Helper()
	return LoadWith(t, demo.Small())
}

// LoadWith makes a world of other options in t's database.
func LoadWith(t testing.TB, opts demo.Options) *World {
	t.Helper()
	box := seal.New(make([]byte, 32))
	w := &World{T: t, Demo: demo.Generate(demo.DefaultSeed, opts), Clock: &clock.Fixed{T: time.Date(2026, 11, 20, 4, 0, 0, 0, time.UTC)},
		FrameID: id("frame"), actors: map[string]authz.Actor{}}
	w.Core = &app.Core{Pool: testkit.DB(t), Clock: w.Clock, Seal: box, Log: slog.New(slog.DiscardHandler), CodeVersion: "test", Demo: true,
		Signer: ed25519.NewKeyFromSeed(box.Derive("draw signing key v1"))}
	w.areas()
	w.accounts()
	w.frame()
	return w
}

func (w *World) copy(table pgx.Identifier, columns []string, n int, row func(int) []any) {
	w.T.Helper()
	_, err := testkit.OwnerDB(w.T).CopyFrom(context.Background(), table, columns, pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i), nil }))
	if err != nil {
		w.T.Fatalf("world: %v: %v", table, err)
	}
}

func (w *World) areas() {
	w.copy(pgx.Identifier{"area"}, []string{"district", "code", "parent_code", "level", "name", "kind"}, len(w.Demo.Areas), func(i int) []any {
		a := w.Demo.Areas[i]
		var parent *string
		if a.Parent != "" {
			parent = &a.Parent
		}
		return []any{demo.DistrictCode, a.Code, parent, int16(a.Level), a.Name, a.Kind}
	})
}

func (w *World) accounts() {
	w.copy(pgx.Identifier{"department"}, []string{"district", "code", "name", "name_en", "created_at"}, len(demo.Departments), func(i int) []any {
		d := demo.Departments[i]
		return []any{demo.DistrictCode, d.Code, d.Name, d.NameEN, w.Clock.Now()}
	})
	w.copy(pgx.Identifier{"account"}, []string{"district", "id", "login", "password_hash", "display_name", "role", "area_code", "created_at", "department"}, len(w.Demo.Accounts), func(i int) []any {
		a := w.Demo.Accounts[i]
		id := id("account/" + a.Login)
		w.actors[a.Login] = authz.Actor{District: demo.DistrictCode, AccountID: id, Name: a.DisplayName, Role: authz.Role(a.Role), Area: a.AreaCode, Locale: "zh", Department: a.Department}
		var department *string
		if a.Department != "" {
			department = &a.Department
		}
		return []any{demo.DistrictCode, id, a.Login, "-", a.DisplayName, a.Role, a.AreaCode, w.Clock.Now(), department}
	})
}

// Actor returns the account of a login of the demonstration.
func (w *World) Actor(login string) authz.Actor {
	a, ok := w.actors[login]
	if !ok {
		w.T.Fatalf("world: no account %s", login)
	}
	return a
}

// Evaluators returns the evaluators' accounts.
func (w *World) Evaluators() []authz.Actor {
	var out []authz.Actor
	for _, a := range w.actors {
		if a.Role == authz.Evaluator {
			out = append(out, a)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].AccountID < out[j].AccountID })
	return out
}

type person struct {
	frame.Entry
	*frame.Resident
	household, building, committee string
}

// Secret is the frame's secret.
func Secret() (s frame.Secret) {
	copy(s[:], "a secret of the tests, 32 bytes.")
	return s
}

// Household is the pseudonym under which the frame knows a person's household.
func Household(p *demo.Person) string {
	s := Secret()
	return s.Pseudonym("h", p.Committee, p.HouseholdID)
}

// Resident is the record that the frame holds of a person.
func Resident(p *demo.Person) *frame.Resident {
	return &frame.Resident{Household: p.HouseholdID, Person: p.ID, Area: p.Grid, Building: p.Building, Sex: frame.Sex(p.Sex), BirthYear: p.BirthYear,
		Tenure: frame.Tenure(p.Tenure), Contact: frame.Mobile, Status: frame.Living, Identity: frame.Identity{Name: p.Name, Phone: p.Phone, Address: p.Address}}
}

// SealNames stores the sealed private records of a committee's people, which
// most tests do without.
func (w *World) SealNames(committee string) {
	secret := Secret()
	var rows [][]any
	for i := range w.Demo.People {
		p := &w.Demo.People[i]
		if p.Committee != committee {
			continue
		}
		r := Resident(p)
		id := secret.FrameID(p.Committee, p.ID)
		rows = append(rows, []any{demo.DistrictCode, w.FrameID, id, w.Seal.Seal(frame.EncodeRecord(r), frame.RecordLabel(w.FrameID, id))})
	}
	w.copy(pgx.Identifier{"identity", "person"}, []string{"district", "frame_id", "person_id", "sealed"}, len(rows), func(i int) []any { return rows[i] })
}

func (w *World) frame() {
	ctx, db := context.Background(), testkit.OwnerDB(w.T)
	secret := Secret()
	var people []person
	for _, p := range w.Demo.People {
		r := Resident(&p)
		people = append(people, person{secret.Entry(r), r, secret.Pseudonym("h", p.Committee, p.HouseholdID), secret.Pseudonym("b", p.Committee, p.Building), p.Committee})
	}
	sort.Slice(people, func(i, j int) bool { return people[i].FrameID < people[j].FrameID })
	digest, err := frame.Freeze(func(yield func(frame.Entry, error) bool) {
		for _, p := range people {
			if !yield(p.Entry, nil) {
				return
			}
		}
	})
	if err != nil {
		w.T.Fatal(err)
	}
	batch := app.NewID()
	_, err = db.Exec(ctx, `insert into import_batch (district, id, kind, file_name, file_digest, n_rows, created_at) values ($1,$2,'frame','people.csv','\x00',$3,$4)`,
		demo.DistrictCode, batch, len(people), w.Clock.Now())
	if err == nil {
		_, err = db.Exec(ctx, `insert into frame (district, id, name, import_id, sealed_secret, n_people, n_households, created_at) values ($1,$2,'2026 年居民名单',$3,$6,$4,1,$5)`,
			demo.DistrictCode, w.FrameID, batch, len(people), w.Clock.Now(), w.Seal.Seal(secret[:], frame.SecretLabel(w.FrameID)))
	}
	if err != nil {
		w.T.Fatal(err)
	}
	w.copy(pgx.Identifier{"frame_person"}, []string{"district", "frame_id", "person_id", "committee", "grid", "private", "household", "building", "sex", "birth_year", "tenure", "contact", "status"},
		len(people), func(i int) []any {
			p := people[i]
			return []any{demo.DistrictCode, w.FrameID, p.FrameID, p.committee, p.Resident.Area, p.Private[:], p.household, p.building, string(p.Sex), int16(p.BirthYear), string(p.Tenure), int16(p.Contact), string(p.Status)}
		})
	audit, _ := json.Marshal(map[string]any{})
	var root canon.Sum = digest.Root
	_, err = db.Exec(ctx, `insert into frame_freeze (district, frame_id, digest, n_people, audit, frozen_at) values ($1,$2,$3,$4,$5,$6)`,
		demo.DistrictCode, w.FrameID, root[:], len(people), audit, w.Clock.Now())
	if err == nil {
		// The test server has no autovacuum. Without statistics every look-up in
		// the frame reads the whole of it.
		_, err = db.Exec(ctx, `analyze area, account, frame, frame_person`)
	}
	if err != nil {
		w.T.Fatal(err)
	}
}

// Committees returns the codes of the committees.
func (w *World) Committees() []string {
	var out []string
	for _, a := range w.Demo.Areas {
		if a.Level == survey.Committee {
			out = append(out, a.Code)
		}
	}
	return out
}

// FrameID is the id of a person in the frame.
func FrameID(p *demo.Person) string {
	s := Secret()
	return s.FrameID(p.Committee, p.ID)
}
