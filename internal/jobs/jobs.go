// Package jobs names the background jobs. Their arguments hold ids, never
// personal data; a job is inserted in the transaction of the act that asked
// for it, so that neither exists without the other.
package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// ScoreRun computes a requested scoring run.
type ScoreRun struct {
	District string `json:"district"`
	RunID    string `json:"run_id"`
}

// Kind names the job in the queue's tables.
func (ScoreRun) Kind() string { return "score_run" }

// Client is River's client on pgx transactions.
type Client = river.Client[pgx.Tx]

// Doer is what the workers call: one use case per job, safe to repeat.
type Doer interface {
	Execute(ctx context.Context, district, runID string) error
}

type scoreWorker struct {
	river.WorkerDefaults[ScoreRun]
	doer Doer
}

// Work runs one scoring run.
func (w *scoreWorker) Work(ctx context.Context, job *river.Job[ScoreRun]) error {
	return w.doer.Execute(ctx, job.Args.District, job.Args.RunID)
}

// maxWorkers bounds the runs at a time: each uses all cores by itself.
const maxWorkers = 2

// runTimeout is more than the largest run takes; River's own minute is less.
const runTimeout = 30 * time.Minute

// noReindexing keeps River from rebuilding its indexes at midnight: the service
// role does not own them, so every try would end in an error in the log. The
// queue holds a few runs a day; whoever needs it rebuilds them as the owner.
var noReindexing = []string{}

// New makes a client that works the queue once it is started.
func New(pool *pgxpool.Pool, log *slog.Logger, doer Doer) (*Client, error) {
	return river.NewClient(riverpgxv5.New(pool), config(log, doer))
}

func config(log *slog.Logger, doer Doer) *river.Config {
	workers := river.NewWorkers()
	river.AddWorker(workers, &scoreWorker{doer: doer})
	return &river.Config{
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: maxWorkers}},
		Workers: workers, Logger: log, MaxAttempts: 3, JobTimeout: runTimeout,
		ReindexerIndexNames: noReindexing,
	}
}
