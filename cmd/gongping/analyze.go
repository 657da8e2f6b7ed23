package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"gongping/internal/analyze"
	"gongping/internal/errs"
)

// analyzeFlags are where the results go, and in which form.
type analyzeFlags struct {
	spec                   analyze.Flags
	example, json, csv     bool
	workbook, output, lang string
}

// analyzeCmd answers an analyst's questions about a table.
func analyzeCmd() *cobra.Command {
	var f analyzeFlags
	cmd := &cobra.Command{
		Use:   "analyze SPEC.yaml | DATA.csv",
		Short: "Analyse any survey table: figures with intervals, comparisons, fair scores",
		Long: `Analyze reads a CSV or XLSX file and a specification (YAML, or flags) and prints
tables in which every figure has its n, interval and, where defined, reliability.
Filters are domains, "don't know" is kept apart from missing, cells with too few
answers are hidden together with those from which they could be worked out.

Statistics:
` + analyze.Kinds() + `
A full example (gongping analyze --example prints it):

` + indent(analyze.Example()),
		Example: `  gongping analyze --example > spec.yaml
  gongping analyze spec.yaml
  gongping analyze spec.yaml --lang zh
  gongping analyze spec.yaml --json > result.json
  gongping analyze spec.yaml --xlsx result.xlsx
  gongping analyze answers.csv --stat mean --items q1,q2 --dont-know 9 --scale 1..5 --by district
  gongping analyze answers.csv --stat fair_score --items q1,q2,q3 --score staff --scale 1..5 --unit committee
  gongping analyze answers.csv --stat compare:q1 --by district --adjust --covariates sex,age:number`,
		Args: cobra.MaximumNArgs(1),
		RunE: f.run,
	}
	fl := cmd.Flags()
	fl.BoolVar(&f.example, "example", false, "print a commented specification and stop")
	fl.BoolVar(&f.json, "json", false, "print JSON with all digits")
	fl.BoolVar(&f.csv, "csv", false, "print CSV with all digits")
	fl.StringVar(&f.workbook, "xlsx", "", "write a workbook to this file")
	fl.StringVarP(&f.output, "output", "o", "", "write to this file instead of the terminal")
	fl.StringVar(&f.lang, "lang", "", "language of titles, headings and notes: zh or en (default: that of the environment)")
	cmd.MarkFlagsMutuallyExclusive("json", "csv")
	specFlags(cmd, &f.spec)
	return cmd
}

func (f *analyzeFlags) run(c *cobra.Command, args []string) error {
	if f.example {
		_, err := fmt.Fprint(c.OutOrStdout(), analyze.Example())
		return err
	}
	if len(args) == 0 {
		return usageError{fmt.Errorf("analyze needs a specification or a table (see: %s --help)", c.CommandPath())}
	}
	spec, data, err := specification(args[0], f.spec)
	if err != nil {
		return err
	}
	if spec.Lang, err = analyze.Language(f.lang, os.Getenv); err != nil {
		return err
	}
	r, err := analyze.Run(c.Context(), spec, data)
	if err != nil {
		return err
	}
	if f.workbook != "" {
		if err := toFile(f.workbook, func(w io.Writer) error { return analyze.XLSX(w, r) }); err != nil {
			return err
		}
	}
	write := analyze.Text
	switch {
	case f.json:
		write = analyze.JSON
	case f.csv:
		write = analyze.CSV
	case f.workbook != "" && f.output == "":
		return nil
	}
	if f.output != "" {
		return toFile(f.output, func(w io.Writer) error { return write(w, r) })
	}
	return write(c.OutOrStdout(), r)
}

// specFlags are the flags that stand for a specification when the argument is a
// table.
func specFlags(cmd *cobra.Command, f *analyze.Flags) {
	fl := cmd.Flags()
	fl.StringArrayVar(&f.Stats, "stat", nil, "statistic, or statistic:variables (repeatable)")
	fl.StringSliceVar(&f.Items, "items", nil, "item columns; the variables of statistics without any")
	fl.StringVar(&f.Score, "score", "", "name of a score over the items; it becomes the variable")
	fl.StringVar(&f.Scale, "scale", "", "worst..best of the items, which becomes 0..100")
	fl.StringSliceVar(&f.DontKnow, "dont-know", nil, "values of the items that mean don't know")
	fl.StringSliceVar(&f.Missing, "missing", nil, "values of the items that mean no answer")
	fl.StringSliceVar(&f.By, "by", nil, "columns to group by")
	fl.StringArrayVar(&f.Where, "where", nil, `filter such as "q1 = 1" (repeatable, all must hold)`)
	fl.StringVar(&f.ID, "id", "", "column that must be unique")
	fl.StringVar(&f.Weight, "weight", "", "column of design weights")
	fl.StringVar(&f.Strata, "strata", "", "column of strata")
	fl.StringSliceVar(&f.Clusters, "clusters", nil, "columns of one or two stages of clusters")
	fl.StringSliceVar(&f.FPC, "fpc", nil, "columns of population sizes by stage")
	fl.BoolVar(&f.Nest, "nest", false, "cluster codes repeat between strata")
	fl.StringVar(&f.Lonely, "lonely", "fail", "stratum with one unit: fail, adjust, average, remove, certainty")
	fl.StringSliceVar(&f.Covariates, "covariates", nil, "case-mix columns; age:number for a number")
	fl.BoolVar(&f.Adjust, "adjust", false, "take the case mix out (compare, fair_score)")
	fl.StringVar(&f.Unit, "unit", "", "unit column of fair_score, funnel, interviewer")
	fl.StringVar(&f.Values, "values", "", "values that count in a proportion or funnel, separated by commas")
	fl.StringVar(&f.Over, "over", "", "second variable of ratio, chisq, funnel")
	fl.StringVar(&f.Group, "group", "", "column of two groups of a t-test")
	fl.Float64Var(&f.Level, "level", 0.95, "level of intervals")
	fl.IntVar(&f.MinCell, "min-cell", 10, "fewest answers of a cell that is shown")
}

// specification reads a YAML file, or makes one from flags for a table.
func specification(path string, f analyze.Flags) (*analyze.Spec, string, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml":
	default:
		spec, err := f.Spec()
		return spec, path, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, "", errs.New(errs.Invalid, "analyze.spec", "the specification cannot be read").At(path, "", "a YAML file", err.Error())
	}
	spec, err := analyze.Parse(filepath.Base(path), text)
	if err != nil {
		return nil, "", err
	}
	if spec.Data == "" {
		return nil, "", errs.New(errs.Invalid, "analyze.field", "a field cannot be used").
			At(filepath.Base(path)+", field data", "nothing", "the path of a CSV or XLSX file", "add data: file.csv")
	}
	data := spec.Data
	if !filepath.IsAbs(data) {
		data = filepath.Join(filepath.Dir(path), data)
	}
	return spec, data, nil
}

func toFile(path string, write func(io.Writer) error) error {
	out, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("the result cannot be written: %w", err)
	}
	if err := write(out); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n  ")
}
