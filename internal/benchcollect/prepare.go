package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"gongping/internal/app"
	"gongping/internal/app/account"
	"gongping/internal/app/field"
	"gongping/internal/cache"
	"gongping/internal/clock"
	"gongping/internal/embedpg"
	"gongping/internal/pg"
	"gongping/internal/seal"
	"gongping/internal/testkit/collecting"
	"gongping/migrations"
	"gongping/web"
)

const (
	district  = collecting.District
	committee = collecting.Committee
)

// bench is a server of our own with a round that takes answers.
type bench struct {
	dir, url, version string
	pg                *embedpg.Server
	owner             *pgxpool.Pool
	core              *app.Core
	svc               *field.Service
	*collecting.Round
	cases        []uuid.UUID // instead of the round's, so that the collector has nothing of ours to walk
	tokens       []string    // of sessions
	next         atomic.Int64
	http         *http.Server
	addr         string
	acknowledged int
	nothingKept  bool // the empty handler is measured: cases may come again
}

func prepare(ctx context.Context, cases int) (*bench, error) {
	dir, err := os.MkdirTemp("", "gongping-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{dir: dir}
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, err
	}
	if b.pg, err = embedpg.Start(ctx, embedpg.Config{Dir: dir, Settings: map[string]string{"max_connections": "320"}}); err != nil {
		return nil, err
	}
	b.url = b.pg.URL(embedpg.Database)
	for _, step := range []func(context.Context) error{b.connect, func(ctx context.Context) error { return b.fill(ctx, cases) }, b.serve} {
		if err := step(ctx); err != nil {
			b.close()
			return nil, err
		}
	}
	return b, nil
}

func (b *bench) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if b.http != nil {
		_ = b.http.Close()
	}
	if b.svc != nil {
		_ = b.svc.Close(ctx)
		b.core.Pool.Close()
		b.owner.Close()
	}
	_ = b.pg.Stop(ctx)
	_ = os.RemoveAll(b.dir)
}

func (b *bench) connect(ctx context.Context) (err error) {
	if b.owner, err = pgxpool.New(ctx, b.url); err != nil {
		return err
	}
	if err := migrations.Migrate(ctx, b.owner, nil); err != nil {
		return err
	}
	pool, err := pg.Open(ctx, b.url, 16)
	if err != nil {
		return err
	}
	b.core = &app.Core{Pool: pool, Clock: clock.Real{}, Seal: seal.New(make([]byte, seal.KeySize)), Log: slog.New(slog.DiscardHandler), Demo: true}
	b.svc = field.New(b.core)
	return b.owner.QueryRow(ctx, `select split_part(version(), ' on ', 1)`).Scan(&b.version)
}

// fill writes a round with its cases.
func (b *bench) fill(ctx context.Context, cases int) (err error) {
	if b.Round, err = collecting.Fill(ctx, b.owner, cases); err != nil {
		return err
	}
	b.cases = make([]uuid.UUID, len(b.Cases))
	for i, id := range b.Cases {
		b.cases[i] = uuid.MustParse(id)
	}
	b.Cases = nil
	// As a server that has run for a while: a checkpoint lies behind, and the log
	// has segments to use again.
	_, err = b.owner.Exec(ctx, `checkpoint`)
	return err
}

// sessions is how many the evaluator has open, so that they are looked up as
// those of as many people would be.
const sessions = 256

// serve starts the whole handler and signs the evaluator in.
func (b *bench) serve(ctx context.Context) error {
	accounts := &account.Service{Core: b.core}
	for range sessions {
		_, token, err := accounts.SignInDemo(ctx, district, "evaluator")
		if err != nil {
			return err
		}
		b.tokens = append(b.tokens, token)
	}
	h, err := web.New(web.Deps{Core: b.core, District: district, Cache: cache.NewLocal(), Log: b.core.Log, Version: "bench",
		Account: accounts, Rooms: web.Rooms{Field: b.svc}})
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	b.http = &http.Server{Handler: h}
	b.addr = ln.Addr().String()
	go func() { _ = b.http.Serve(ln) }()
	return nil
}

func (b *bench) submit(ctx context.Context, _ int, sub field.Submission) error {
	out, err := b.svc.Submit(ctx, b.Who, sub)
	if err == nil && out.Status != field.Accepted {
		err = fmt.Errorf("a submission was %s", out.Status)
	}
	return err
}

// check counts what is stored against what was acknowledged.
func (b *bench) check(ctx context.Context, inserted int) error {
	var responses, completions, receipts int
	err := b.owner.QueryRow(ctx, `select (select count(*) from response), (select count(*) from case_completion), 
			(select count(distinct left(translate(x.response_id::text, '-', ''), 15)) from identity.response_case x)`).
		Scan(&responses, &completions, &receipts)
	if err != nil {
		return err
	}
	lost, doubled := b.acknowledged-completions, responses-inserted-completions
	fmt.Printf("\nacknowledged %d, completed cases %d, receipts %d: lost %d, doubled %d\n", b.acknowledged, completions, receipts, max(lost, 0), max(doubled, 0))
	if lost != 0 || doubled != 0 || receipts != completions {
		return fmt.Errorf("the counts do not agree: %d responses, of which pgbench wrote %d", responses, inserted)
	}
	return nil
}
