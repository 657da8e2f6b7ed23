package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"gongping/internal/app"
	"gongping/internal/app/account"
	"gongping/internal/app/field"
	"gongping/internal/audit"
	"gongping/internal/clock"
	"gongping/internal/embedpg"
	"gongping/internal/pg"
	"gongping/internal/pg/auditdb"
	"gongping/internal/seal"
	"gongping/internal/testkit/collecting"
	"gongping/migrations"
)

// faultSize is the number of submissions and the pause between faults. `make
// fault-collect` sets GONGPING_FAULT to 100000.
func faultSize(t *testing.T) (n int, pause time.Duration) {
	if s := os.Getenv("GONGPING_FAULT"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n, 3 * time.Second
	}
	if testing.Short() {
		t.Skip("kills servers for some seconds; not in -short")
	}
	return 3000, 250 * time.Millisecond
}

const (
	faultChunk   = 25 // submissions of one synchronisation
	faultClients = 24
	faultResends = 5 // of every chunk, in parallel
)

// faults drives a running service with clients that resend and faults that are
// put in.
type faults struct {
	t             *testing.T
	dir, addr     string
	settings      []string
	mu            sync.Mutex
	server        *program
	redis         *exec.Cmd
	token         string
	round         *collecting.Round
	ids           []string // of the submissions, one for each case
	receipts      []string
	acks, accepts []int32
	requests, cut atomic.Int64
	failed        atomic.Int64
	done          atomic.Int64 // submissions acknowledged at least once
	killed        map[string]int
}

// TestNothingIsLostUnderFaults is the fault test of collection: the real
// program and its own PostgreSQL, many clients that send everything five times
// in parallel over connections that are cut, SIGKILL of server and database at
// random moments, and a Redis that dies. Whatever was acknowledged is there,
// once and unchanged.
func TestNothingIsLostUnderFaults(t *testing.T) {
	t.Parallel()
	n, pause := faultSize(t)
	f := &faults{t: t, killed: map[string]int{}, acks: make([]int32, n), accepts: make([]int32, n), receipts: make([]string, n)}
	f.dir, f.addr, f.settings = place(t)
	f.startRedis()
	f.fill(n)
	f.server = begin(t, f.settings, "serve")
	f.server.ready(t, f.addr)

	began := time.Now()
	stop := make(chan struct{})
	var wg, breaker sync.WaitGroup
	breaker.Go(func() { f.breakThings(stop, pause) })
	chunks := make(chan int)
	for c := range faultClients {
		wg.Go(func() { f.client(uint64(c), chunks) })
	}
	for at := 0; at < n; at += faultChunk {
		chunks <- at
	}
	close(chunks)
	wg.Wait()
	close(stop)
	breaker.Wait()
	took := time.Since(began)
	f.server.Process.Signal(syscall.SIGINT) //nolint:errcheck // a dead one is found below
	_ = f.server.Wait()
	f.judge(n, took)
}

func (f *faults) startRedis() {
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		f.t.Log("redis-server is not installed: the part with a dying Redis is left out")
		return
	}
	addr := freeAddr(f.t)
	_, port, _ := net.SplitHostPort(addr)
	f.redis = exec.Command(bin, "--port", port, "--save", "", "--appendonly", "no", "--bind", "127.0.0.1")
	if err := f.redis.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = f.redis.Process.Kill(); _ = f.redis.Wait() })
	f.settings = append(f.settings, "GONGPING_REDIS_URL=redis://"+addr)
}

// fill prepares the database that the program will find.
func (f *faults) fill(n int) {
	t, ctx := f.t, context.Background()
	s, err := embedpg.Start(ctx, embedpg.Config{Dir: f.dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop(ctx) //nolint:errcheck // the test is about the next start
	owner, err := pgxpool.New(ctx, s.URL(embedpg.Database))
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	if err := migrations.Migrate(ctx, owner, nil); err != nil {
		t.Fatal(err)
	}
	if f.round, err = collecting.Fill(ctx, owner, n); err != nil {
		t.Fatal(err)
	}
	pool, err := pg.Open(ctx, s.URL(embedpg.Database), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	accounts := &account.Service{Core: &app.Core{Pool: pool, Clock: clock.Real{}, Seal: seal.New(make([]byte, seal.KeySize)), Log: slog.New(slog.DiscardHandler), Demo: true}}
	if _, f.token, err = accounts.SignInDemo(ctx, collecting.District, "evaluator"); err != nil {
		t.Fatal(err)
	}
	for range n {
		f.ids = append(f.ids, app.NewID())
	}
}

// answers vary the answers, so that a digest tells one from another.
func (f *faults) answers(i int) map[string]string {
	a := map[string]string{}
	for k, v := range f.round.Answers {
		if v == "4" {
			v = strconv.Itoa(1 + (i+len(k))%5)
		}
		a[k] = v
	}
	return a
}

func (f *faults) client(seed uint64, chunks <-chan int) {
	for at := range chunks {
		var wg sync.WaitGroup
		for k := range faultResends {
			wg.Go(func() { f.send(rand.New(rand.NewPCG(seed, uint64(at*faultResends+k))), at) })
		}
		wg.Wait()
	}
}

// send sends a chunk, in its own order, until every item is acknowledged.
func (f *faults) send(r *rand.Rand, at int) {
	order := r.Perm(min(faultChunk, len(f.ids)-at))
	deadline := time.Now().Add(5 * time.Minute)
	for try := 0; time.Now().Before(deadline); try++ {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		if r.IntN(6) == 0 { // the line is cut somewhere on the way
			cancel()
			ctx, cancel = context.WithTimeout(context.Background(), time.Duration(r.IntN(40_000))*time.Microsecond)
			f.cut.Add(1)
		}
		ok := f.post(ctx, at, order)
		cancel()
		if ok {
			return
		}
		f.failed.Add(1)
		time.Sleep(time.Duration(20+r.IntN(100)) * time.Millisecond)
	}
	f.t.Errorf("the chunk at %d was not taken within five minutes", at)
}

func (f *faults) post(ctx context.Context, at int, order []int) bool {
	type response struct {
		ID      string            `json:"id"`
		CaseID  string            `json:"case_id"`
		Mode    string            `json:"mode"`
		Answers map[string]string `json:"answers"`
		Seconds int               `json:"seconds"`
	}
	list := make([]response, len(order))
	for j, k := range order {
		list[j] = response{f.ids[at+k], f.round.Cases[at+k], "door", f.answers(at + k), 100}
	}
	body, err := json.Marshal(map[string]any{"responses": list})
	if err != nil {
		f.t.Error(err)
		return true
	}
	f.requests.Add(1)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+f.addr+"/api/v1/sync", bytes.NewReader(body))
	if err != nil {
		f.t.Error(err)
		return true
	}
	req.Header.Set("Content-Type", "application/json")
	req.AddCookie(&http.Cookie{Name: "gp_session", Value: f.token})
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return false
	}
	var out struct {
		Responses []struct{ ID, Status, Receipt, Reason string }
	}
	if err := json.Unmarshal(text, &out); err != nil || len(out.Responses) != len(order) {
		f.t.Errorf("an answer cannot be read: %v", err)
		return true
	}
	f.note(at, order, func(j int) (string, string, string) {
		o := out.Responses[j]
		return o.Status, o.Receipt, o.Reason
	})
	return true
}

// note books the acknowledgements of a chunk.
func (f *faults) note(at int, order []int, of func(int) (status, receipt, reason string)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for j, k := range order {
		status, receipt, reason := of(j)
		i := at + k
		switch {
		case status != "accepted" && status != "duplicate" || receipt == "":
			f.t.Errorf("submission %d was %s (%s)", i, status, reason)
		case f.acks[i] > 0 && f.receipts[i] != receipt:
			f.t.Errorf("submission %d has two receipts", i)
		}
		if f.acks[i]++; f.acks[i] == 1 {
			f.done.Add(1)
		}
		if status == "accepted" {
			f.accepts[i]++
		}
		f.receipts[i] = receipt
	}
}

// breakThings kills database, server and both in turn, at random moments, and
// Redis with the first, until the clients are through. Each fault waits until something was
// acknowledged since the last: on a machine so busy that nothing gets through
// between two of them, there would be no end.
func (f *faults) breakThings(stop <-chan struct{}, pause time.Duration) {
	r := rand.New(rand.NewPCG(5, 1))
	for i := 0; ; i++ {
		for before := f.done.Load(); i > 0 && f.done.Load() == before; {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
		select {
		case <-stop:
			return
		case <-time.After(pause/2 + time.Duration(r.Int64N(int64(pause)))):
		}
		switch i % 3 {
		case 0:
			f.killRedis() // with the first fault, so that nearly all of the run goes on without it
			f.killDatabase()
		case 1:
			f.killServer()
			f.restart()
		case 2: // both at once
			f.killDatabase()
			f.killServer()
			f.restart()
		}
	}
}

func (f *faults) killDatabase() {
	data, err := os.ReadFile(filepath.Join(f.dir, "pg", "postmaster.pid"))
	if err != nil {
		return // it is just starting again
	}
	line, _, _ := strings.Cut(string(data), "\n")
	if pid, err := strconv.Atoi(line); err == nil && pid > 1 {
		_ = syscall.Kill(pid, syscall.SIGKILL)
		f.killed["database"]++
	}
}

// killRedis ends Redis for good, the first time.
func (f *faults) killRedis() {
	if f.redis != nil && f.killed["Redis"] == 0 {
		_ = f.redis.Process.Kill()
		f.killed["Redis"]++
	}
}

func (f *faults) killServer() {
	_ = f.server.Process.Kill()
	_ = f.server.Wait()
	f.killed["server"]++
}

func (f *faults) restart() {
	f.server = begin(f.t, f.settings, "serve")
	f.server.ready(f.t, f.addr)
}

// judge counts what is stored against what was acknowledged.
func (f *faults) judge(n int, took time.Duration) {
	t, ctx := f.t, context.Background()
	s, err := embedpg.Start(ctx, embedpg.Config{Dir: f.dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop(ctx) //nolint:errcheck // the directory is removed
	owner, err := pgxpool.New(ctx, s.URL(embedpg.Database))
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	stored := map[string]string{}
	rows, err := owner.Query(ctx, `select id::text, encode(digest, 'hex') from response`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var id, digest string
		if err := rows.Scan(&id, &digest); err != nil {
			t.Fatal(err)
		}
		stored[id] = digest
	}
	var total, completions, cases, receipts, paradata, held int
	if err := owner.QueryRow(ctx, `select (select count(*) from response), (select count(*) from case_completion),
			(select count(distinct case_id) from identity.response_case), (select count(distinct left(translate(id::text, '-', ''), 15)) from response), (select count(paradata) from response),
			(select count(*) from response_held)`).Scan(&total, &completions, &cases, &receipts, &paradata, &held); err != nil {
		t.Fatal(err)
	}
	lost, changed, acknowledged, twice := 0, 0, 0, 0
	for i, id := range f.ids {
		if f.acks[i] == 0 {
			continue
		}
		acknowledged++
		want := hex.EncodeToString(field.Digest(id, f.round.ID, 1, "door", f.answers(i)))
		switch got, ok := stored[id]; {
		case !ok:
			lost++
		case got != want:
			changed++
		}
		if f.accepts[i] > 1 {
			twice++
		}
	}
	doubled := total - len(stored) + twice // rows of one id, and ids accepted as new twice
	fmt.Printf("fault test: %d submissions, sent %d times in parallel by %d clients, %d requests (%d of them cut, %d failed) in %s\n",
		n, faultResends, faultClients, f.requests.Load(), f.cut.Load(), f.failed.Load(), took.Round(100*time.Millisecond))
	fmt.Printf("fault test: SIGKILL of the server %d times, of the database %d times, of Redis %d times\n", f.killed["server"], f.killed["database"], f.killed["Redis"])
	fmt.Printf("fault test: acknowledged %d, stored %d, completed cases %d, receipts %d: lost %d, doubled %d, changed %d, held %d\n",
		acknowledged, total, completions, receipts, lost, doubled, changed, held)
	if acknowledged != n || lost+doubled+changed+held != 0 || total != n || completions != n || cases != n || receipts != n || paradata != n {
		t.Errorf("the counts do not agree: %d of %d acknowledged, %d cases, %d seconds", acknowledged, n, cases, paradata)
	}
	if f.killed["server"] == 0 || f.killed["database"] == 0 {
		t.Errorf("nothing was killed: %v", f.killed)
	}
	if f.redis != nil && f.killed["Redis"] == 0 {
		t.Error("Redis was there all the time")
	}
	var v audit.Verifier
	if err := auditdb.Walk(ctx, owner, collecting.District, func(e *audit.Entry) error { return v.Next(e) }); err != nil {
		t.Errorf("the audit log: %v", err)
	}
}
