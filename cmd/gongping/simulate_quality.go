package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"gongping/survey/quality"
	"gongping/survey/quality/plant"
)

// simulateQualityCmd measures the detectors of fieldwork quality.
func simulateQualityCmd() *cobra.Command {
	shape, rules := plant.DefaultShape(), quality.DefaultRules()
	var seed uint64 = 20261128
	rounds := 100
	cmd := &cobra.Command{
		Use:   "quality",
		Short: "Measure the detectors of invented and coached interviews",
		Long: `Plays rounds of fieldwork in which something is planted (invented interviews,
a coached building, visits written up at night, ...) or nobody cheats, and
counts how often each detector finds the guilty and accuses the innocent. The
table of docs/methods/field-quality.md is its output.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return qualityTable(c.OutOrStdout(), plant.Measure(shape, rules, seed, rounds))
		},
	}
	f := cmd.Flags()
	f.Uint64Var(&seed, "seed", seed, "seed of the random numbers")
	f.IntVar(&rounds, "rounds", rounds, "rounds of each scenario")
	f.IntVar(&shape.Each, "each", shape.Each, "interviews of an interviewer")
	f.IntVar(&shape.Items, "items", shape.Items, "graded items of the questionnaire")
	f.Float64Var(&rules.Alpha, "alpha", rules.Alpha, "rule book: chance of any false finding")
	return cmd
}

// qualityTable writes the counts as a Markdown table.
func qualityTable(w io.Writer, rows []plant.Row) error {
	var b strings.Builder
	b.WriteString("| Planted | Rounds with the guilty found | Rounds that accuse an innocent | Innocent units flagged / tested | Found by |\n|---|---|---|---|---|\n")
	for _, r := range rows {
		flagged, tested := 0, 0
		var by []string
		for _, d := range quality.Detectors {
			c := r.ByDetector[d]
			flagged, tested = flagged+c.False, tested+c.Tested
			if c.Hit > 0 {
				by = append(by, fmt.Sprintf("%s %d%%", d, 100*c.Hit/r.Rounds))
			}
		}
		found := "–"
		if !r.Honest {
			found = fmt.Sprintf("%d of %d", r.AnyHit, r.Rounds)
		}
		fmt.Fprintf(&b, "| %s: %s | %s | %d of %d | %d / %d | %s |\n", r.Name, r.Title, found, r.AnyFalse, r.Rounds, flagged, tested, strings.Join(by, ", "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
