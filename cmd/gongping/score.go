package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"gongping/internal/app/appeals"
	"gongping/internal/app/disputes"
	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/errs"
)

func scoreCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "score",
		Short: "Compute, list, export and rebuild scoring runs",
		Long: `A run freezes everything that it is made from and gets a number; a later run
supersedes it, and both stay. Any run can be rebuilt to the last digit, here from the
database or anywhere from its exported input.`,
		Example: `  gongping score run ROUND --reason "first run after the close of fieldwork"
  gongping score list ROUND
  gongping score export RUN > run.json.gz
  gongping score rebuild run.json.gz`,
	}
	c.AddCommand(scoreRunCmd(), scoreListCmd(), scoreExportCmd(), scoreRebuildCmd())
	return c
}

// onScore opens the service's side for a command and runs fn with the scoring room.
func onScore(c *cobra.Command, district, as string, fn func(context.Context, *score.Service, authz.Actor) error) error {
	b, who, err := openAs(c.Context(), district, as)
	if err != nil {
		return err
	}
	defer b.Close()
	scores := &score.Service{Core: b.Core}
	disputes.New(b.Core, appeals.New(b.Core, scores)) // hold back what would reveal an answer, and match the sealed register
	return fn(c.Context(), scores, who)
}

func districtFlags(c *cobra.Command, district, as *string) {
	c.Flags().StringVar(district, "district", "", "district code (default: GONGPING_DISTRICT)")
	c.Flags().StringVar(as, "as", "", "login name of the account to act as (default: the operator)")
}

func scoreRunCmd() *cobra.Command {
	var district, as, reason string
	var publish, asJSON bool
	c := &cobra.Command{
		Use: "run ROUND", Short: "Compute a run of a round", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return onScore(c, district, as, func(ctx context.Context, s *score.Service, who authz.Actor) error {
				id, err := s.Start(ctx, who, args[0], reason)
				if err != nil {
					return err
				}
				if publish {
					if err := s.Publish(ctx, who, id); err != nil {
						return err
					}
				}
				res, err := s.Result(ctx, who, args[0], id)
				if err != nil {
					return runFailure(ctx, s, who, args[0], id, err)
				}
				if asJSON {
					return printJSON(c.OutOrStdout(), map[string]any{"run": id, "number": res.Run.Number, "summary": res.Summary, "output_digest": fmt.Sprintf("%x", res.Digest)})
				}
				fmt.Fprintf(c.OutOrStdout(), "run %d (%s): %d answers, %d of %d units scored, %d banded\nresult digest %x\n", res.Run.Number, id,
					res.Summary.N, res.Summary.UnitsScored, res.Summary.Units, res.Summary.UnitsBanded, res.Digest)
				return nil
			})
		},
	}
	districtFlags(c, &district, &as)
	c.Flags().StringVar(&reason, "reason", "", "why the run is made (kept with it)")
	c.Flags().BoolVar(&publish, "publish", false, "publish the run at once")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	_ = c.MarkFlagRequired("reason")
	return c
}

// runFailure says why a run has no result, where the data refused it.
func runFailure(ctx context.Context, s *score.Service, who authz.Actor, round, id string, cause error) error {
	runs, err := s.Runs(ctx, who, round)
	if err != nil {
		return cause
	}
	for _, r := range runs {
		if e := r.Failure(); r.ID == id && e != nil {
			return e
		}
	}
	return cause
}

func scoreListCmd() *cobra.Command {
	var district, as string
	var asJSON bool
	c := &cobra.Command{
		Use: "list ROUND", Short: "List the runs of a round, newest first", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return onScore(c, district, as, func(ctx context.Context, s *score.Service, who authz.Actor) error {
				runs, err := s.Runs(ctx, who, args[0])
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(c.OutOrStdout(), runs)
				}
				w := tabwriter.NewWriter(c.OutOrStdout(), 0, 4, 2, ' ', 0)
				fmt.Fprintln(w, "RUN\tID\tSTATE\tANSWERS\tPUBLISHED\tREASON")
				for _, r := range runs {
					published := "no"
					if r.PublishedAt != nil {
						published = r.PublishedAt.Format("2006-01-02 15:04")
					}
					fmt.Fprintf(w, "%d\t%s\t%s\t%d\t%s\t%s\n", r.Number, r.ID, r.State, r.Answers, published, r.Reason)
				}
				return w.Flush()
			})
		},
	}
	districtFlags(c, &district, &as)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func scoreExportCmd() *cobra.Command {
	var district, as string
	c := &cobra.Command{
		Use: "export RUN", Short: "Write the frozen input of a run to standard output", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return onScore(c, district, as, func(ctx context.Context, s *score.Service, who authz.Actor) error {
				return s.Export(ctx, who, args[0], c.OutOrStdout())
			})
		},
	}
	districtFlags(c, &district, &as)
	return c
}

func scoreRebuildCmd() *cobra.Command {
	var district, as, want string
	var asJSON bool
	c := &cobra.Command{
		Use:   "rebuild FILE|RUN",
		Short: "Compute a run again and compare it to the last digit",
		Long: `With a file made by "score export" no database is needed: compare the printed result
digest with the published one (--want does it for you). With a run's id the frozen input is
read from the database and compared with the stored result.`,
		Example: `  gongping score rebuild run.json.gz --want 3f9a…
  gongping score rebuild 0b9e6a52-7c0f-4d6e-9a51-b8d1ce1f2a10`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			b, err := rebuild(c, args[0], district, as)
			if err != nil {
				return err
			}
			if b.Stored == "" && want != "" {
				b.Stored, b.Same = want, want == b.OutputDigest
			}
			if asJSON {
				err = printJSON(c.OutOrStdout(), b)
			} else {
				fmt.Fprintf(c.OutOrStdout(), "input digest   %s\nresult digest  %s\n", b.InputDigest, b.OutputDigest)
				if b.Stored != "" && b.Same {
					fmt.Fprintln(c.OutOrStdout(), "equal to the published result, to the last digit")
				}
			}
			if err == nil && b.Stored != "" && !b.Same {
				err = errs.New(errs.Differs, "run.differs", "the rebuilt result differs from the published one").
					At("result digest", b.OutputDigest, b.Stored, "was the file changed, or made by another version of the program?")
			}
			return err
		},
	}
	districtFlags(c, &district, &as)
	c.Flags().StringVar(&want, "want", "", "the published result digest")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func rebuild(c *cobra.Command, what, district, as string) (b score.Rebuilt, err error) {
	f, err := os.Open(what)
	if err == nil {
		defer f.Close()
		return score.RebuildFile(f)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return b, err
	}
	err = onScore(c, district, as, func(ctx context.Context, s *score.Service, who authz.Actor) error {
		b, err = s.Rebuild(ctx, who, what)
		return err
	})
	return b, err
}
