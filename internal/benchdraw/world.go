package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gongping/internal/app"
	"gongping/internal/app/rounds"
	"gongping/internal/authz"
	"gongping/internal/clock"
	"gongping/internal/demo"
	"gongping/internal/embedpg"
	"gongping/internal/pg"
	"gongping/internal/pg/drawdb"
	"gongping/internal/pg/rounddb"
	"gongping/internal/seal"
	"gongping/migrations"
	"gongping/scoring/composite"
	"gongping/survey"
	"gongping/survey/frame"
)

const (
	district   = "310100"
	streets    = 65
	committees = 6500 // with two sexes: 13,000 strata
)

// world is a database with one frozen frame and one frozen round.
type world struct {
	*app.Core
	clock          *clock.Fixed
	owner          *pgxpool.Pool
	frame, round   string
	manager, other authz.Actor
	drawn          int    // what the round will draw
	tickets        uint64 // XOR of the first words of the tickets drawn
}

func (w *world) close() { w.Pool.Close(); w.owner.Close() }

func committee(i int) string { return fmt.Sprintf("%s%03d%03d", district, 1+i/100, 1+i%100) }

// newWorld makes a database of n residents.
func newWorld(ctx context.Context, server *embedpg.Server, n, sample int) (*world, error) {
	name := fmt.Sprintf("bench_%d", n)
	admin, err := pgx.Connect(ctx, server.URL("postgres"))
	if err != nil {
		return nil, err
	}
	_, err = admin.Exec(ctx, "create database "+name)
	_ = admin.Close(ctx)
	if err != nil {
		return nil, err
	}
	w := &world{clock: &clock.Fixed{T: time.Date(2026, 11, 20, 4, 0, 0, 0, time.UTC)}, frame: app.NewID()}
	if w.owner, err = pgxpool.New(ctx, server.URL(name)); err != nil {
		return nil, err
	}
	if err := migrations.Migrate(ctx, w.owner, nil); err != nil {
		return nil, err
	}
	pool, err := pg.Open(ctx, server.URL(name), 4)
	if err != nil {
		return nil, err
	}
	box := seal.New(make([]byte, 32))
	w.Core = &app.Core{Pool: pool, Clock: w.clock, Seal: box, Log: slog.New(slog.DiscardHandler), CodeVersion: "bench",
		Signer: ed25519.NewKeyFromSeed(box.Derive("draw signing key v1"))}
	for _, step := range []func(context.Context) error{w.places, func(ctx context.Context) error { return w.people(ctx, n) },
		func(ctx context.Context) error { return w.prepare(ctx, sample) }} {
		if err := step(ctx); err != nil {
			w.close()
			return nil, err
		}
	}
	return w, nil
}

// places adds areas and accounts.
func (w *world) places(ctx context.Context) error {
	area := func(code, parent string, level int) error {
		_, err := w.owner.Exec(ctx, `insert into area (district, code, parent_code, level, name) values ($1,$2,nullif($3,''),$4,$2)`, district, code, parent, level)
		return err
	}
	if err := area(district, "", 1); err != nil {
		return err
	}
	for i := range streets {
		if err := area(committee(100 * i)[:9], district, 2); err != nil {
			return err
		}
	}
	for i := range committees {
		if err := area(committee(i), committee(i)[:9], 3); err != nil {
			return err
		}
	}
	account := func(login string, role authz.Role) (authz.Actor, error) {
		a := authz.Actor{District: district, AccountID: app.NewID(), Role: role, Area: district, Locale: "zh"}
		_, err := w.owner.Exec(ctx, `insert into account (district, id, login, password_hash, display_name, role, area_code, created_at)
			values ($1,$2,$3,'-',$3,$4,$1,$5)`, district, a.AccountID, login, string(role), w.clock.Now())
		return a, err
	}
	var err error
	if w.manager, err = account("manager", authz.Manager); err != nil {
		return err
	}
	w.other, err = account("auditor", authz.Auditor)
	if err == nil {
		_, err = account("evaluator", authz.Evaluator)
	}
	return err
}

const letters = "0123456789abcdefghjkmnpqrstvwxyz"

// people fills the frame in the order of an import: committee by committee, the
// published ids within each at random.
func (w *world) people(ctx context.Context, n int) error {
	batch := app.NewID()
	tx, err := w.owner.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // after the commit it does nothing
	for _, sql := range []string{
		`set local session_replication_role = replica`, // no look-up of the foreign keys
		`drop index frame_person_committee`,
		`insert into import_batch (district, id, kind, file_name, file_digest, n_rows, created_at) values ('` + district + `','` + batch + `','frame','bench','\x00',0,now())`,
		`insert into frame (district, id, name, import_id, sealed_secret, n_people, n_households, created_at) values ('` + district + `','` + w.frame + `','bench','` + batch + `','\x00',` + fmt.Sprint(n) + `,1,now())`,
	} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	rng := rand.New(rand.NewPCG(7236, uint64(n)))
	random := func(b []byte) {
		for i := range b {
			b[i] = letters[rng.Uint64()&31]
		}
	}
	var code, id16, home, house [17]byte
	i := 0
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"frame_person"},
		[]string{"district", "frame_id", "person_id", "committee", "grid", "private", "household", "building", "sex", "birth_year", "tenure", "contact", "status"},
		pgx.CopyFromFunc(func() ([]any, error) {
			if i == n {
				return nil, nil
			}
			c := committee(int(int64(i) * committees / int64(n)))
			random(id16[:16])
			copy(code[:], "h")
			if i%3 == 0 {
				random(home[1:])
				home[0] = 'h'
			}
			if i%120 == 0 {
				random(house[1:])
				house[0] = 'b'
			}
			private := make([]byte, 32)
			for k := range private {
				private[k] = byte(rng.Uint64())
			}
			sex := "f"
			if rng.Uint64()&1 == 0 {
				sex = "m"
			}
			i++
			return []any{district, w.frame, c + "-" + string(id16[:16]), c, c + "001", private, string(home[:]), string(house[:]), sex,
				int16(1930 + rng.IntN(75)), "owner", int16(1), "resident"}, nil
		}))
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `create index frame_person_committee on frame_person (district, frame_id, committee)`); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	_, err = w.owner.Exec(ctx, `vacuum analyze frame_person`)
	return err
}

// prepare freezes the frame and a round over it, stratified by sex.
func (w *world) prepare(ctx context.Context, sample int) error {
	digest, err := frame.Freeze(func(yield func(frame.Entry, error) bool) {
		for p, err := range drawdb.Stream(ctx, w.owner, district, w.frame) {
			if !yield(p.Entry, err) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	sum := digest.Sum()
	if _, err := w.owner.Exec(ctx, `insert into frame_freeze (district, frame_id, digest, n_people, audit, frozen_at) values ($1,$2,$3,$4,'{}',$5)`,
		district, w.frame, sum[:], digest.Count, w.clock.Now()); err != nil {
		return err
	}
	svc := &rounds.Service{Core: w.Core}
	q, book := demo.DefaultQuestionnaire(), composite.Default()
	qid, _, err := svc.SaveQuestionnaire(ctx, w.manager, "", &q)
	if err != nil {
		return err
	}
	bid, _, err := svc.SaveRuleBook(ctx, w.manager, "", &book)
	if err != nil {
		return err
	}
	var evaluator string
	if err := w.owner.QueryRow(ctx, `select id::text from account where login = 'evaluator'`).Scan(&evaluator); err != nil {
		return err
	}
	w.round, err = svc.Create(ctx, w.manager, rounds.Draft{Title: "bench", AreaCode: district, FrameID: w.frame, QuestionnaireID: qid, QuestionnaireVersion: 1,
		RuleBookID: bid, RuleBookVersion: 1, OpensOn: w.clock.Now().AddDate(0, 0, 10), ClosesOn: w.clock.Now().AddDate(0, 0, 40),
		Plan:       survey.Plan{StrataBy: []string{"sex"}, Allocation: "proportional", Sizing: survey.SharedTotal, Total: sample, ReserveRatio: 0.5},
		Evaluators: []rounddb.Evaluator{{AccountID: evaluator, Area: district}}}, "")
	if err != nil {
		return err
	}
	if err := svc.Freeze(ctx, w.manager, w.round); err != nil {
		return err
	}
	return w.owner.QueryRow(ctx, `select sum(planned + reserve) from round_stratum where round_id = $1`, w.round).Scan(&w.drawn)
}
