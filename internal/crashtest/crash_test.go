// Package crashtest kills the service in the middle of what must be whole: an
// import, a freeze, a commitment, a draw, a top-up. A child process (this test
// program, started again) runs the real use case against the same database
// until it waits for a lock that the parent holds on a table in the middle of
// the act; there it gets SIGKILL. What is left must be as if nothing had
// happened, and the act must succeed when it is done again.
package crashtest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/draws"
	"gongping/internal/app/intake"
	"gongping/internal/audit"
	"gongping/internal/authz"
	"gongping/internal/clock"
	"gongping/internal/demo"
	"gongping/internal/pg"
	"gongping/internal/pg/auditdb"
	"gongping/internal/seal"
	"gongping/internal/testkit"
	"gongping/internal/testkit/world"
	"gongping/survey/draw"
)

// order is what a child is told to do.
type order struct {
	URL              string
	Act              string
	Who              authz.Actor
	Now              time.Time
	Round, Frame     string
	Commitment, Seed string
	File, Randomness string
	Resumable        bool
	Sizes            map[string]int
}

const orderVar = "GONGPING_CRASHTEST_ORDER"

func TestMain(m *testing.M) {
	if text := os.Getenv(orderVar); text != "" {
		var o order
		err := json.Unmarshal([]byte(text), &o)
		if err == nil {
			err = o.obey(context.Background())
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// core is the service as a child has it: the keys of the world, a clock that
// stands where the parent's does.
func (o *order) core(ctx context.Context) (*app.Core, error) {
	pool, err := pg.Open(ctx, o.URL, 4)
	if err != nil {
		return nil, err
	}
	box := seal.New(make([]byte, 32))
	return &app.Core{Pool: pool, Clock: &clock.Fixed{T: o.Now}, Seal: box, Log: slog.New(slog.DiscardHandler), CodeVersion: "test",
		Signer: ed25519.NewKeyFromSeed(box.Derive("draw signing key v1"))}, nil
}

// obey runs one act through its use case.
func (o *order) obey(ctx context.Context) error {
	core, err := o.core(ctx)
	if err != nil {
		return err
	}
	defer core.Pool.Close()
	d, in := &draws.Service{Core: core}, intake.New(core, os.TempDir())
	wish := draws.Wish{Randomness: draw.Randomness{Kind: draw.Dice, Name: o.Randomness, Due: o.Now.Add(time.Hour)}}
	switch o.Act {
	case "import":
		var f *os.File
		var src intake.Source
		if src, f, err = intake.OpenFile(o.File); err == nil {
			defer f.Close()
			_, _, err = in.Import(ctx, o.Who, intake.Request{Kind: intake.Frame, Name: "新名单", Resumable: o.Resumable}, src, nil)
		}
	case "freeze":
		_, err = in.Freeze(ctx, o.Who, o.Frame, intake.FreezeInput{Reason: "测试所用的名单，偏差已由项目组逐项说明并留档。"}, nil)
	case "commit":
		_, err = d.Commit(ctx, o.Who, o.Round, wish)
	case "topup":
		_, err = d.CommitTopUp(ctx, o.Who, o.Round, draws.TopUp{Wish: wish, Sizes: o.Sizes})
	case "reveal":
		_, err = d.Reveal(ctx, o.Who, o.Commitment, o.Seed, "公证处在场")
	default:
		err = fmt.Errorf("no such act: %s", o.Act)
	}
	return err
}

func (o *order) start(t *testing.T) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), orderVar+"="+string(text))
	cmd.Stdout, cmd.Stderr = io.Discard, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, &said
}

// killAt lets a child act until it wants to write to a table, and kills it
// there. When it returns, the child's transaction is over.
func killAt(t *testing.T, o order, table string) {
	t.Helper()
	ctx, db := context.Background(), testkit.OwnerDB(t)
	tx, err := db.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(ctx) //nolint:errcheck // after the rollback below it does nothing
	if _, err := tx.Exec(ctx, "lock table "+table+" in exclusive mode"); err != nil {
		t.Fatal(err)
	}
	cmd, said := o.start(t)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	wait(t, func() bool {
		select {
		case err := <-ended:
			t.Fatalf("%s ended before it came to %s: %v %s", o.Act, table, err, said)
		default:
		}
		var waiting bool
		if err := db.QueryRow(ctx, `select exists (select from pg_locks where relation = $1::regclass and not granted)`, table).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
		return waiting
	})
	if err := cmd.Process.Kill(); err != nil { // SIGKILL: nothing is tidied up
		t.Fatal(err)
	}
	<-ended
	_ = tx.Rollback(ctx)
	wait(t, func() bool {
		var open int
		err := db.QueryRow(ctx, `select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null`).Scan(&open)
		if err != nil {
			t.Fatal(err)
		}
		return open == 0
	})
}

func wait(t *testing.T, until func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !until(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

// counted is the number of rows of each table.
func counted(t *testing.T, tables ...string) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, table := range tables {
		var n int
		if err := testkit.OwnerDB(t).QueryRow(context.Background(), "select count(*) from "+table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		out[table] = n
	}
	return out
}

// chain fails unless the audit log is whole, and returns its length.
func chain(t *testing.T) int64 {
	t.Helper()
	var v audit.Verifier
	if err := auditdb.Walk(context.Background(), testkit.OwnerDB(t), demo.DistrictCode, v.Next); err != nil {
		t.Errorf("the audit log: %v", err)
	}
	n, _ := v.Head()
	return n
}

// again does the act in this process.
func (o order) again(t *testing.T) {
	t.Helper()
	if err := o.obey(context.Background()); err != nil {
		t.Fatalf("%s after the crash: %v", o.Act, err)
	}
}

func orderOf(w *world.World, act, login string) order {
	return order{URL: testkit.URL(w.T), Act: act, Who: w.Actor(login), Now: w.Clock.Now()}
}
