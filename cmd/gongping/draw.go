package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"gongping/internal/app/draws"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/survey/draw"
	"gongping/survey/draw/verify"
)

// drawFlags are what all draw commands know.
type drawFlags struct {
	district, login string
	json            bool
}

func (f *drawFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.district, "district", "", "district code (default: GONGPING_DISTRICT)")
	c.Flags().BoolVar(&f.json, "json", false, "print JSON")
}

// as adds the account to act as: a draw is committed and revealed by people,
// never by "the operator", or one person could do both.
func (f *drawFlags) as(c *cobra.Command) {
	c.Flags().StringVar(&f.login, "as", "", "login of the account that acts")
	_ = c.MarkFlagRequired("as")
}

// run opens the bench and finds who acts.
func (f *drawFlags) run(fn func(c *cobra.Command, args []string, b *bench, who authz.Actor) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		b, who, err := openAs(c.Context(), f.district, f.login)
		if err != nil {
			return err
		}
		defer b.Close()
		return fn(c, args, b, who)
	}
}

func drawCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "draw",
		Short: "Commit, reveal, list and verify draws; write their bundles",
		Long: `A draw is committed before its public randomness exists, revealed by a second person,
and can be repeated by anybody: "verify" draws again from the database, or, given a
file, repeats a published bundle with the stand-alone verifier (no database needed).`,
		Example: `  gongping draw list
  gongping draw commit ROUND --as manager --kind lottery --name "双色球 2026141 期" --due 2026-12-08T22:00:00+08:00
  gongping draw topup ROUND 310104003001=12 --as manager --kind dice --name "12月9日大厅掷骰" --due 2026-12-09T10:00:00+08:00
  gongping draw reveal COMMITMENT --as auditor --seed 03-11-17-22-29-31-08 --evidence "中国福彩网公告"
  gongping draw bundle DRAW -o q4.draw.txt
  gongping draw verify DRAW
  gongping draw verify q4.draw.txt`,
	}
	c.AddCommand(drawListCmd(), drawCommitCmd(), drawTopUpCmd(), drawRevealCmd(), drawBundleCmd(), drawAnnexCmd(), drawVerifyCmd())
	return c
}

func drawListCmd() *cobra.Command {
	var f drawFlags
	c := &cobra.Command{Use: "list", Short: "List every commitment: drawn, given up, waiting", Args: cobra.NoArgs}
	c.RunE = f.run(func(c *cobra.Command, _ []string, b *bench, who authz.Actor) error {
		list, _, err := b.Draws.Ledger(c.Context(), who.District, 1, 0)
		if err != nil {
			return err
		}
		type row struct {
			Commitment, Round, Title, Purpose, State, Randomness string
			Due, CommittedAt                                     time.Time
			Draw, Reason                                         string
			Sample, Reserve                                      int
		}
		rows := make([]row, 0, len(list))
		for _, e := range list {
			r := row{e.ID, e.RoundID, e.Round, e.Purpose, "waiting", e.Randomness, e.DueAt, e.At, e.DrawID, e.DiscardReason, e.NSample, e.NReserve}
			if e.DrawID != "" {
				r.State = "drawn"
			} else if e.DiscardedAt != nil {
				r.State = "discarded"
			}
			rows = append(rows, r)
		}
		if f.json {
			return json.NewEncoder(c.OutOrStdout()).Encode(rows)
		}
		w := tabwriter.NewWriter(c.OutOrStdout(), 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "COMMITTED\tSTATE\tSAMPLE\tRESERVE\tCOMMITMENT\tDRAW\tRANDOMNESS")
		for _, r := range rows {
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\t%s\n", r.CommittedAt.Format("2006-01-02 15:04"), r.State, r.Sample, r.Reserve, r.Commitment, r.Draw, r.Randomness)
		}
		return w.Flush()
	})
	f.add(c)
	return c
}

func drawCommitCmd() *cobra.Command {
	var f drawFlags
	var w draws.Wish
	var wish commitFlags
	c := &cobra.Command{Use: "commit ROUND", Short: "Commit the draw of a frozen round", Args: cobra.ExactArgs(1)}
	c.RunE = f.run(func(c *cobra.Command, args []string, b *bench, who authz.Actor) error {
		var err error
		if w.Randomness, err = wish.randomness(); err != nil {
			return err
		}
		w.Purpose = wish.purpose
		id, err := b.Draws.Commit(c.Context(), who, args[0], w)
		if err != nil {
			return err
		}
		return f.printCommitment(c, b, who, id)
	})
	wish.add(c, "which event exactly")
	f.add(c)
	f.as(c)
	return c
}

// commitFlags are the flags that every commitment has: the randomness to come
// and the name of the draw.
type commitFlags struct{ kind, name, due, purpose string }

func (w *commitFlags) add(c *cobra.Command, name string) {
	fl := c.Flags()
	fl.StringVar(&w.kind, "kind", "lottery", "lottery, dice or beacon")
	fl.StringVar(&w.name, "name", "", name)
	fl.StringVar(&w.due, "due", "", "when it will exist at the earliest (RFC 3339)")
	fl.StringVar(&w.purpose, "purpose", "", "name of the draw (default: made from the round)")
	_, _ = c.MarkFlagRequired("name"), c.MarkFlagRequired("due")
}

// randomness reads the flags into the event that will give the seed.
func (w *commitFlags) randomness() (draw.Randomness, error) {
	at, err := time.Parse(time.RFC3339, w.due)
	if err != nil {
		return draw.Randomness{}, errs.New(errs.Invalid, "draw.due", "the time cannot be read").At("--due", w.due, "a time with zone", "for example 2026-12-08T22:00:00+08:00")
	}
	return draw.Randomness{Kind: draw.RandomnessKind(w.kind), Name: w.name, Due: at}, nil
}

// printCommitment says what was committed and where it is to be read.
func (f *drawFlags) printCommitment(c *cobra.Command, b *bench, who authz.Actor, id string) error {
	p, err := b.Draws.Publication(c.Context(), who.District, id)
	if err != nil {
		return err
	}
	if f.json {
		return json.NewEncoder(c.OutOrStdout()).Encode(map[string]any{"commitment": id, "digest": fmt.Sprintf("%x", p.Commitment.Digest), "document": p.Commitment.Document})
	}
	fmt.Fprintf(c.OutOrStdout(), "commitment %s\ndigest     %x\npublish    /d/%s\n", id, p.Commitment.Digest, id)
	return nil
}

func drawRevealCmd() *cobra.Command {
	var f drawFlags
	var seed, evidence string
	c := &cobra.Command{Use: "reveal COMMITMENT", Short: "Enter the seed and draw; not by who committed", Args: cobra.ExactArgs(1)}
	c.RunE = f.run(func(c *cobra.Command, args []string, b *bench, who authz.Actor) error {
		id, err := b.Draws.Reveal(c.Context(), who, args[0], seed, evidence)
		if err != nil {
			return err
		}
		d, _, _, err := b.Draws.Public(c.Context(), who.District, id)
		if err != nil {
			return err
		}
		if f.json {
			return json.NewEncoder(c.OutOrStdout()).Encode(map[string]any{"draw": id, "digest": fmt.Sprintf("%x", d.Digest), "sample": d.NSample, "reserve": d.NReserve})
		}
		fmt.Fprintf(c.OutOrStdout(), "draw     %s\nsample   %d\nreserves %d\ndigest   %x\n", id, d.NSample, d.NReserve, d.Digest)
		return nil
	})
	c.Flags().StringVar(&seed, "seed", "", "the published outcome")
	c.Flags().StringVar(&evidence, "evidence", "", "where and how anyone can check it")
	_, _ = c.MarkFlagRequired("seed"), c.MarkFlagRequired("evidence")
	f.add(c)
	f.as(c)
	return c
}

func drawBundleCmd() *cobra.Command {
	var f drawFlags
	var out string
	c := &cobra.Command{Use: "bundle DRAW", Short: "Write the published bundle of a draw", Args: cobra.ExactArgs(1)}
	c.RunE = f.run(func(c *cobra.Command, args []string, b *bench, who authz.Actor) error {
		if out == "" || out == "-" {
			return b.Draws.WriteBundle(c.Context(), who.District, args[0], c.OutOrStdout())
		}
		file, err := os.CreateTemp(dirOf(out), ".bundle-")
		if err != nil {
			return err
		}
		defer os.Remove(file.Name()) // gone already when all went well
		err = b.Draws.WriteBundle(c.Context(), who.District, args[0], file)
		if err = errors.Join(err, file.Chmod(0o644), file.Close()); err != nil {
			return err
		}
		return os.Rename(file.Name(), out)
	})
	c.Flags().StringVarP(&out, "output", "o", "", "file to write (default: standard output)")
	f.add(c)
	return c
}

func drawAnnexCmd() *cobra.Command {
	var f drawFlags
	c := &cobra.Command{Use: "annex DRAW", Short: "Write the auditors' annex of a draw whose units are households", Args: cobra.ExactArgs(1)}
	c.RunE = f.run(func(c *cobra.Command, args []string, b *bench, who authz.Actor) error {
		file, err := b.Draws.AnnexFile(c.Context(), who, args[0])
		if err != nil {
			return err
		}
		defer file.Close()
		_, err = io.Copy(c.OutOrStdout(), file)
		return err
	})
	f.add(c)
	f.as(c)
	return c
}

func dirOf(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if os.IsPathSeparator(path[i]) {
			return path[:i+1]
		}
	}
	return "."
}

func drawVerifyCmd() *cobra.Command {
	var f drawFlags
	var key string
	c := &cobra.Command{
		Use: "verify DRAW|BUNDLE", Short: "Draw again and compare: a stored draw by id, or a bundle file", Args: cobra.ExactArgs(1),
		Long: `Given the id of a draw, draws again from the frozen frame in the database and repeats the
bundle with the stand-alone verifier. Given a file, repeats it without any database, like
the separate program verifydraw. Exit status 0: everything agrees; 1: a difference.`,
	}
	stored := f.run(func(c *cobra.Command, args []string, b *bench, who authz.Actor) error {
		r, err := b.Draws.Verify(c.Context(), who, args[0])
		return f.tell(c.OutOrStdout(), r, err)
	})
	c.RunE = func(c *cobra.Command, args []string) error {
		file, err := os.Open(args[0])
		if errors.Is(err, os.ErrNotExist) {
			return stored(c, args)
		}
		if err != nil {
			return err
		}
		defer file.Close()
		r, err := verify.Bundle(file, key)
		return f.tell(c.OutOrStdout(), r, err)
	}
	c.Flags().StringVar(&key, "key", "", "accept only this signing key (64 hexadecimal digits; files only)")
	f.add(c)
	return c
}

func (f *drawFlags) tell(w io.Writer, r *verify.Report, err error) error {
	if err != nil {
		return err
	}
	if f.json {
		return json.NewEncoder(w).Encode(map[string]any{"agrees": true, "result": r})
	}
	fmt.Fprintf(w, "AGREES 一致\n  sample %d, reserves %d, of %d persons in %d strata\n  frame digest %s\n  draw digest  %s\n", r.Sample, r.Reserve, r.Units, r.Strata, r.FrameDigest, r.DrawDigest)
	return nil
}
