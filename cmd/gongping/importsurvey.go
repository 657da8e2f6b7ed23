package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"gongping/internal/app/intake"
	"gongping/internal/app/score"
	"gongping/internal/errs"
)

func importSurveyCmd() *cobra.Command {
	var f importFlags
	var path string
	var scored bool
	c := &cobra.Command{
		Use: "survey FILE", Short: "Import a finished survey from elsewhere as a closed round", Args: cobra.ExactArgs(1),
		Long: `Import a finished survey from elsewhere as a closed round.

A small YAML file says how the table is to be read: the respondent's number, the unit that
is scored, the items with their scale and "don't know" codes, and, where there are any,
weight, stratum, cluster and traits. docs/import-survey.md explains it with an example.

The district of the mapping is used; units that it does not have yet are made. Respondents'
numbers only serve to find repeated rows and are not kept. With --score a first run follows.`,
		Example: `  gongping import survey responses.csv --map mapping.yaml --preview
  gongping import survey responses.csv --map mapping.yaml --yes --score --json`,
		RunE: func(c *cobra.Command, args []string) error { return f.survey(c, args[0], path, scored) },
	}
	f.shared(c)
	c.Flags().StringVar(&path, "map", "", "the mapping file (YAML)")
	c.Flags().BoolVar(&scored, "score", false, "score the round at once")
	_ = c.MarkFlagRequired("map")
	return c
}

func (f *importFlags) survey(c *cobra.Command, path, mapping string, scored bool) error {
	m, err := readMapping(mapping)
	if err != nil {
		return err
	}
	src, file, err := intake.OpenFile(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if f.district == "" {
		f.district = m.District
	}
	b, who, err := openAs(c.Context(), f.district, f.as)
	if err != nil {
		return err
	}
	defer b.Close()
	svc := intake.New(b.Core, "")
	bar := &stageBar{w: c.ErrOrStderr()}
	defer bar.done()
	p, err := svc.CheckSurvey(c.Context(), who, m, src, bar.step)
	if err != nil {
		return err
	}
	bar.done()
	if ok, err := f.ask(c, p.Preview, p.Units); !ok {
		return err
	}
	out, err := svc.CommitSurvey(c.Context(), who, src, p, bar.step)
	if err != nil {
		return err
	}
	bar.done()
	run := ""
	if scored {
		if run, err = (&score.Service{Core: b.Core}).Start(c.Context(), who, out.RoundID, "first run of an imported survey"); err != nil {
			return fmt.Errorf("the round %s is imported, but not scored: %w", out.RoundID, err)
		}
	}
	w := c.OutOrStdout()
	if f.json {
		return json.NewEncoder(w).Encode(struct {
			*intake.SurveyOutcome
			RunID string `json:"run_id,omitempty"`
		}{out, run})
	}
	fmt.Fprintf(w, "imported %d answers of %d units as the closed round %s\n", out.Counts["responses"], len(out.Units), out.RoundID)
	if run != "" {
		fmt.Fprintf(w, "scored: run %s\n", run)
	}
	return nil
}

func readMapping(path string) (*intake.Mapping, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, errs.Wrap(err, errs.NotFound, "intake.file", "the file cannot be opened").
			At("--map", path, "a mapping file that can be read", "see docs/import-survey.md")
	}
	defer file.Close()
	return intake.ReadMapping(file)
}
