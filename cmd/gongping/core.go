package main

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"os"

	"gongping/internal/app"
	"gongping/internal/app/account"
	"gongping/internal/app/draws"
	"gongping/internal/app/rounds"
	"gongping/internal/authz"
	"gongping/internal/clock"
	"gongping/internal/config"
	"gongping/internal/errs"
	"gongping/internal/seal"
	"gongping/internal/telemetry"
	"gongping/survey"
)

// newCore makes the ground of all use cases from what serve or a command has
// brought up. The signing key is derived from the master key, so that a
// restored installation signs with the same key.
func newCore(db *database, key []byte, log *slog.Logger, demo bool) *app.Core {
	box := seal.New(key)
	return &app.Core{
		Pool: db.Pool, Clock: clock.Real{}, Seal: box, Log: log, Demo: demo, CodeVersion: thisBuild().Revision,
		Signer: ed25519.NewKeyFromSeed(box.Derive("draw signing key v1")),
	}
}

// bench is what the commands work on: the operator's side of the service.
type bench struct {
	*app.Core
	Config  config.Config
	DB      *database
	Account *account.Service
	Rounds  *rounds.Service
	Draws   *draws.Service
}

// openBench loads the settings, opens (or joins) the database and brings it up
// to date. Close it.
func openBench(ctx context.Context) (*bench, error) {
	cfg, err := config.Load()
	if err != nil {
		return nil, err
	}
	level, err := cfg.Level()
	if err != nil {
		return nil, err
	}
	log := telemetry.NewLogger(os.Stderr, max(level, slog.LevelWarn))
	db, err := openDatabase(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	if !db.Joined {
		if err := db.Migrate(ctx, os.Stderr); err != nil {
			db.Close()
			return nil, err
		}
	}
	key, err := masterKey(ctx, cfg, db)
	if err != nil {
		db.Close()
		return nil, err
	}
	core := newCore(db, key, log, false)
	return &bench{Core: core, Config: cfg, DB: db, Account: &account.Service{Core: core},
		Rounds: &rounds.Service{Core: core}, Draws: &draws.Service{Core: core}}, nil
}

// openAs is openBench together with who the command acts as (see actor).
func openAs(ctx context.Context, district, login string) (*bench, authz.Actor, error) {
	b, err := openBench(ctx)
	if err != nil {
		return nil, authz.Actor{}, err
	}
	who, err := b.actor(ctx, district, login)
	if err != nil {
		b.Close()
		return nil, authz.Actor{}, err
	}
	return b, who, nil
}

// Close gives the database back.
func (b *bench) Close() { b.DB.Close() }

// actor is who a command acts as: the operator (the system itself) of the
// district, or a named account where the audit log should say so.
func (b *bench) actor(ctx context.Context, district, login string) (authz.Actor, error) {
	if district == "" {
		district = b.Config.District
	}
	if survey.LevelOf(district) != survey.District {
		return authz.Actor{}, errs.New(errs.Invalid, "district.code", "the district is not usable").
			At("--district", district, "a code of 6 digits", "for example: --district 310104")
	}
	if login == "" {
		return authz.SystemActor(district), nil
	}
	return b.Account.ByLogin(ctx, district, login)
}
