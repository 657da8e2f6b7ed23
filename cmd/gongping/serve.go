package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"gongping/internal/cache"
	"gongping/internal/config"
	"gongping/internal/errs"
	"gongping/internal/pg/intakedb"
	"gongping/internal/seal"
	"gongping/internal/telemetry"
	"gongping/survey/frame"
)

// stopWithin bounds the time between the signal and the end of the program.
const stopWithin = 10 * time.Second

func serveCmd() *cobra.Command {
	var demo bool
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the service: pages, API, background jobs and, if need be, its own database",
		Long: `Runs the service. With no settings it keeps a PostgreSQL of its own in the data
directory (no open port) and everything else in this process. GONGPING_DATABASE_URL
and GONGPING_REDIS_URL switch to servers of your own. Ctrl-C stops it cleanly; a
kill loses nothing, and the next start recovers by itself.`,
		Example: `  gongping serve --demo
  GONGPING_ADDR=:80 GONGPING_DATA=/srv/gongping gongping serve
  GONGPING_DATABASE_URL=postgres://gongping:…@db/gongping gongping serve`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return serve(c.Context(), c.OutOrStdout(), demo) },
	}
	c.Flags().BoolVar(&demo, "demo", false, "fill an empty database with the demonstration district and allow one-click sign-in")
	return c
}

// serve brings everything up, answers requests until ctx ends, and takes
// everything down in the opposite order.
func serve(ctx context.Context, out io.Writer, demo bool) error {
	config.SetMemory()
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	level, err := cfg.Level()
	if err != nil {
		return err
	}
	log := telemetry.NewLogger(os.Stderr, level)
	redis.SetLogger(quietRedis{})
	// Listening comes first: a port that is taken is known before any work is
	// done, and early requests wait instead of failing.
	ln, err := listen(ctx, cfg.Addr)
	if err != nil {
		return err
	}
	defer ln.Close()
	db, err := openDatabase(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer db.Close()
	if db.Joined {
		return errs.New(errs.Unavailable, "postgres.in_use", "another gongping serves the data directory %s", cfg.Data).
			At("GONGPING_DATA", cfg.Data, "a directory that is not in use", "stop the other one first")
	}
	if err := db.Migrate(ctx, os.Stderr); err != nil {
		return err
	}
	s := &service{Config: cfg, DB: db, Log: log, Demo: demo, Version: thisBuild().shown()}
	if s.Key, err = masterKey(ctx, cfg, db); err != nil {
		return err
	}
	addresses, err := cfg.Redis()
	if err != nil {
		return err
	}
	if s.Cache, err = cache.Open(addresses, log); err != nil {
		return err
	}
	defer s.Cache.Close()
	s.Metrics = telemetry.NewMetrics(s.Version)
	s.Metrics.WatchPool(db.Pool)
	return s.run(ctx, ln, out)
}

// run wires the rooms and serves until ctx ends.
func (s *service) run(ctx context.Context, ln net.Listener, out io.Writer) error {
	var stopping atomic.Bool
	s.Ready = func(ctx context.Context) error {
		if stopping.Load() {
			return errs.New(errs.Unavailable, "stopping", "the service is stopping")
		}
		return s.DB.Pool.Ping(ctx)
	}
	if s.Demo {
		d, err := startSeeding(ctx, s)
		if err != nil {
			return err
		}
		s.Seeding = d
		defer d.wait()
	}
	w, err := wire(ctx, s)
	if err != nil {
		return err
	}
	// Requests live on after the signal; streams, which would never end by
	// themselves, are cut when half the time is over.
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	srv := &http.Server{
		Handler: w.Handler, BaseContext: func(net.Listener) context.Context { return requests },
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	fmt.Fprintf(out, "\n公评 Gongping is ready: http://%s\n%s\nCtrl-C stops it; the data stays in %s\n", shownAddr(ln.Addr()), w.SignIn, s.place())

	select {
	case err = <-failed:
	case <-ctx.Done():
		fmt.Fprintln(out, "stopping …")
	}
	stopping.Store(true)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin-3*time.Second)
	defer cancel()
	time.AfterFunc(stopWithin/3, cut)
	if serr := srv.Shutdown(end); serr != nil {
		_ = srv.Close()
	}
	if w.Stop != nil {
		if serr := w.Stop(end); serr != nil {
			s.Log.Warn("background work was cut off; it is taken up at the next start", "error", serr)
		}
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// place says where the data is, without a password.
func (s *service) place() string {
	if s.DB.Private != nil {
		return s.Config.Data
	}
	c := s.DB.Pool.Config().ConnConfig
	return fmt.Sprintf("database %s on %s", c.Database, c.Host)
}

// listen opens the address, and says what to do when it is taken.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		e := errs.Wrap(err, errs.Unavailable, "config.addr_taken", "cannot listen there")
		return nil, e.At("GONGPING_ADDR", addr, "a free address", "stop the program that uses it, or for example: GONGPING_ADDR=127.0.0.1:8081")
	}
	return ln, nil
}

// shownAddr turns the address of all interfaces into one a browser can open.
func shownAddr(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// masterKey reads the key, or makes it where nothing has been sealed yet: a new
// key beside old data would hide that the old one is lost, and with another key
// than the old one's new data would be sealed that no key file opens together
// with the old.
func masterKey(ctx context.Context, cfg config.Config, db *database) ([]byte, error) {
	if err := keyFits(ctx, cfg, db); err != nil {
		return nil, err
	}
	return config.MasterKey(cfg.KeyFile)
}

// keyFits fails unless nothing has been sealed yet or the key file opens it.
func keyFits(ctx context.Context, cfg config.Config, db *database) error {
	samples, err := intakedb.AnySealed(ctx, db.Owner)
	if err != nil {
		return fmt.Errorf("look for sealed data: %w", err)
	}
	if len(samples) == 0 {
		return nil
	}
	key, err := config.ReadKey(cfg.KeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return errs.New(errs.Unavailable, "config.key_lost", "the database holds sealed personal data, but its key is missing").
			At("GONGPING_KEY_FILE", cfg.KeyFile+", which does not exist", "the key that the data was sealed with", "restore the key file from where you keep it; nothing has been changed")
	}
	if err != nil {
		return err
	}
	// One that opens is enough: a damaged record must not keep the rest shut.
	box := seal.New(key)
	if !slices.ContainsFunc(samples, func(p intakedb.SealedPerson) bool {
		_, err := box.Open(p.Sealed, frame.RecordLabel(p.Frame, p.Person))
		return err == nil
	}) {
		return errs.New(errs.Unavailable, "config.key_wrong", "the key does not open the sealed personal data of the database").
			At("GONGPING_KEY_FILE", cfg.KeyFile, "the key that the data was sealed with", "put the key file of the installation there that the data comes from; nothing has been changed")
	}
	return nil
}

// quietRedis drops the library's own messages, which go to the standard error
// in a form of their own; the cache reports outages itself.
type quietRedis struct{}

func (quietRedis) Printf(context.Context, string, ...any) {}
