package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"gongping/internal/app/account"
	"gongping/internal/app/appeals"
	"gongping/internal/app/auditlog"
	"gongping/internal/app/demonstration"
	"gongping/internal/app/departments"
	"gongping/internal/app/disputes"
	"gongping/internal/app/draws"
	"gongping/internal/app/field"
	"gongping/internal/app/grades"
	"gongping/internal/app/intake"
	"gongping/internal/app/panel"
	"gongping/internal/app/quality"
	"gongping/internal/app/records"
	"gongping/internal/app/rounds"
	"gongping/internal/app/score"
	"gongping/internal/app/upward"
	"gongping/internal/app/words"
	"gongping/internal/cache"
	"gongping/internal/clock"
	"gongping/internal/config"
	"gongping/internal/jobs"
	"gongping/internal/telemetry"
	"gongping/web"
)

// service is what serve has brought up and the rooms are made of.
type service struct {
	Config  config.Config
	DB      *database
	Cache   cache.Store
	Key     []byte // master key of sealed data
	Metrics *telemetry.Metrics
	Log     *slog.Logger
	Demo    bool
	Version string
	Clock   clock.Clock // of tests; nil is the machine's
	// Seeding is the setting-up of the demonstration, nil without one.
	Seeding *seeding
	// Ready answers whether requests can be served; it fails while stopping.
	Ready func(context.Context) error
}

// wiring is what wire gives back: the handler, and what stops the workers.
type wiring struct {
	Handler http.Handler
	Stop    func(context.Context) error // called after the last request
	SignIn  string                      // how to sign in, one or more lines
}

// wire builds the rooms of the service.
func wire(ctx context.Context, s *service) (*wiring, error) {
	core := newCore(s.DB, s.Key, s.Log, s.Demo)
	if s.Clock != nil {
		core.Clock = s.Clock
	}
	scores := &score.Service{Core: core}
	queue, err := jobs.New(s.DB.Pool, s.Log, scores)
	if err != nil {
		return nil, err
	}
	scores.Jobs = queue
	contested := appeals.New(core, scores)
	register := disputes.New(core, contested)
	fieldwork := field.New(core)
	watch := &quality.Service{Core: core, Field: fieldwork}
	said := words.New(core)
	said.OnCorrected = scores.StartFollowing
	sample := ""
	if s.Demo {
		sample = demonstration.SampleAnswer
	}
	taken, drawn := intake.New(core, filepath.Join(s.Config.Data, "uploads")), &draws.Service{Core: core}
	taken.Homes = drawn.ReceiptParts
	h, err := web.New(web.Deps{SampleAnswer: sample,
		Core: core, District: s.Config.District, Cache: s.Cache, Ready: s.Ready, Metrics: s.Metrics.Handler(), Observe: s.Metrics.Observe,
		Log: s.Log, Version: s.Version, TrustedProxies: s.Config.TrustedProxies,
		Preparing: s.Seeding.state(), Account: &account.Service{Core: core},
		Rooms: web.Rooms{
			Intake:      taken,
			Rounds:      &rounds.Service{Core: core},
			Draws:       drawn,
			Field:       fieldwork,
			Quality:     watch,
			Score:       scores,
			Panel:       &panel.Service{Core: core},
			Records:     &records.Service{Core: core},
			Upward:      &upward.Service{Core: core},
			Appeals:     contested,
			Disputes:    register,
			Grades:      &grades.Service{Core: core},
			Audit:       &auditlog.Service{Core: core},
			Departments: &departments.Service{Core: core},
			Words:       said,
		},
	})
	if err != nil {
		return nil, err
	}
	// The workers outlive the signal: Stop lets a run in progress end.
	if err := queue.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	if n, err := scores.Resume(ctx, s.Config.District); err != nil {
		s.Log.Warn("unfinished runs not taken up", "error", err)
	} else if n > 0 {
		s.Log.Info("unfinished runs taken up", "runs", n)
	}
	go contested.Keep(ctx, s.Config.District, sweepEvery)
	go watch.Keep(ctx, s.Config.District, scanEvery)
	stop := func(ctx context.Context) error { return errors.Join(fieldwork.Close(ctx), queue.Stop(ctx)) }
	return &wiring{Handler: h, Stop: stop, SignIn: signInHint(s)}, nil
}

// scanEvery is how often new answers are examined.
const scanEvery = 10 * time.Minute

// sweepEvery is how often overdue appeals are put on record.
const sweepEvery = 15 * time.Minute

// signInHint tells how to get in.
func signInHint(s *service) string {
	if s.Demo {
		return "Open the address and choose a role: one click signs you in (demonstration only)."
	}
	return "Sign in with your account; the first administrator is made with: gongping user add"
}
