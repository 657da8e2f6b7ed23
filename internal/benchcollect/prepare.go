package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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

// pgbench lets pgbench insert rows of the same content one submission at a
// time: the answer's row alone, or, whole, also the completed case's, into a
// table of the same form. At a rate above 0 they arrive by the clock as in paced,
// and pgbench too counts from the moment at which one was to be sent.
func (b *bench) pgbench(ctx context.Context, clients int, length time.Duration, whole bool, rate float64) (outcome, error) {
	bin, err := look("pgbench")
	if err != nil {
		return outcome{}, err
	}
	answers, err := json.Marshal(b.Answers)
	if err != nil {
		return outcome{}, err
	}
	script := filepath.Join(b.dir, "insert.sql")
	sql := fmt.Sprintf(`insert into response (district, id, round_id, questionnaire_version, committee, stratum, cluster, design_weight, sex, age_band, tenure,
 building, household, mode, evaluator_id, answers, digest, day, paradata) values ('%s', gen_random_uuid(), '%s', 1, '%s', '%s', '', 10, 'f', '45-59', 'owner',
 '0123456789abcdef', '0123456789abcdef', 'door', '%s', '%s', '\x%s', current_date, '{"seconds":120,"hour":18}');`,
		district, b.Round.ID, committee, committee, b.Who.AccountID, answers, strings.Repeat("ab", 32))
	if whole {
		if _, err := b.owner.Exec(ctx, `create table if not exists bench_case (like identity.response_case including indexes);
			grant insert on bench_case to `+pg.ServiceRole); err != nil {
			return outcome{}, err
		}
		sql = fmt.Sprintf(`with r as (%s returning district, id, day) insert into bench_case select district, gen_random_uuid(), id, day from r;`, strings.TrimSuffix(sql, ";"))
	}
	if err := os.WriteFile(script, []byte(strings.ReplaceAll(sql, "\n", "")+"\n"), 0o644); err != nil {
		return outcome{}, err
	}
	log := filepath.Join(b.dir, "log")
	args := []string{"-n", "-M", "prepared", "-c", strconv.Itoa(clients), "-j", "2", "-T", strconv.Itoa(max(int(length.Seconds()), 1)),
		"-f", script, "-l", "--log-prefix=" + log}
	if rate > 0 {
		args = append(args, "-R", strconv.FormatFloat(rate, 'f', 0, 64))
	}
	cmd := exec.CommandContext(ctx, bin, append(args, b.url)...)
	cmd.Env = append(os.Environ(), "PGOPTIONS=-c role="+pg.ServiceRole)
	before := b.begin()
	if text, err := cmd.CombinedOutput(); err != nil {
		return outcome{}, fmt.Errorf("pgbench: %w\n%s", err, text)
	}
	out := outcome{cost: b.since(before)}
	var first, last float64 // seconds: connecting does not count
	files, _ := filepath.Glob(log + "*")
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return out, err
		}
		for line := range strings.Lines(string(data)) {
			if cols := strings.Fields(line); len(cols) > 5 {
				us, err := strconv.ParseFloat(cols[2], 64)
				at, err2 := strconv.ParseFloat(cols[4], 64)
				fraction, err3 := strconv.ParseFloat(cols[5], 64)
				if err := errors.Join(err, err2, err3); err != nil {
					return out, fmt.Errorf("pgbench wrote %q: %w", line, err)
				}
				out.latency = append(out.latency, us/1000)
				end := at + fraction/1e6
				if begin := end - us/1e6; first == 0 || begin < first {
					first = begin
				}
				last = max(last, end)
			}
		}
		_ = os.Remove(f)
	}
	out.n, out.took = len(out.latency), time.Duration((last-first)*float64(time.Second))
	if out.n == 0 {
		return out, errors.New("pgbench did nothing in this time; measure longer with -seconds")
	}
	slices.Sort(out.latency)
	return out, nil
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
