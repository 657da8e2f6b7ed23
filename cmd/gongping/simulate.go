package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"gongping/internal/simreport"
	"gongping/scoring/simulate"
)

// simulateCmd measures the estimators of a unit's score on simulated rounds.
func simulateCmd() *cobra.Command {
	cfg := simulate.DefaultConfig()
	var asJSON, list bool
	var page string
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Measure the estimators on simulated rounds whose truth is known",
		Long: `Simulate draws rounds from named scenarios (lone grievances, a collective
complaint, coached answers, faked interviews, unequal nonresponse, ...), scores
them with the code of the service and compares raw mean, trimmed mean, Huber,
empirical Bayes and the official estimator with the truth, and with an oracle
that knows how the answers came about: error, bias, shift by the worst answers,
share of a collective complaint kept, coverage, wrong bands, bottom tenth.
The same seed gives the same figures to the last digit.`,
		Example: `  gongping simulate
  gongping simulate --scenario lone-grievances,collective-complaint --n 50,100 --reps 20
  gongping simulate --json > simulation.json
  gongping simulate --html simulation.html`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if list {
				for _, s := range simulate.Scenarios() {
					fmt.Fprintf(c.OutOrStdout(), "%-22s %s\n", s.Name, s.Title)
				}
				return nil
			}
			return runSimulation(c, &cfg, asJSON, page)
		},
	}
	f := cmd.Flags()
	f.Uint64Var(&cfg.Seed, "seed", cfg.Seed, "seed of the random numbers")
	f.IntVar(&cfg.Units, "units", cfg.Units, "units per round")
	f.IntVar(&cfg.Reps, "reps", cfg.Reps, "rounds per cell")
	f.IntSliceVar(&cfg.N, "n", cfg.N, "answers per unit")
	f.IntSliceVar(&cfg.Items, "items", cfg.Items, "items per answer")
	f.StringSliceVar(&cfg.Scenarios, "scenario", nil, "scenarios (default: all; see --list)")
	f.Float64Var(&cfg.GuardShare, "guard-share", cfg.GuardShare, "rule book: share of extremes up to which their pull is limited")
	f.Float64Var(&cfg.MaxExtremeShare, "max-extreme-share", cfg.MaxExtremeShare, "rule book: share up to which extremes are a part of their own")
	cmd.AddCommand(simulateQualityCmd())
	f.BoolVar(&list, "list", false, "list the scenarios and stop")
	f.BoolVar(&asJSON, "json", false, "print JSON instead of a table")
	f.StringVar(&page, "html", "", "also write a page with charts to this file")
	return cmd
}

func runSimulation(c *cobra.Command, cfg *simulate.Config, asJSON bool, page string) error {
	report, err := simulate.Run(*cfg, func(done, total int, name string) error {
		fmt.Fprintf(c.ErrOrStderr(), "%d/%d %s\n", done+1, total, name)
		return c.Context().Err()
	})
	if err != nil {
		return err
	}
	if page != "" {
		f, err := os.Create(page)
		if err != nil {
			return fmt.Errorf("the page cannot be written: %w", err)
		}
		if err := simreport.Page(f, report); err != nil {
			f.Close()
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	if asJSON {
		e := json.NewEncoder(c.OutOrStdout())
		e.SetIndent("", " ")
		return e.Encode(report)
	}
	return simreport.Table(c.OutOrStdout(), report)
}
