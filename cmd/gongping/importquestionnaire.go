package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"gongping/internal/app/rounds"
	"gongping/internal/errs"
	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
	words "gongping/web/exchange"
	"gongping/web/locale"
)

// questionnaireFlags say what is done with a questionnaire that was read.
type questionnaireFlags struct {
	district, as, id, out, to, lang string
	save, json                      bool
}

func importQuestionnaireCmd() *cobra.Command {
	var f questionnaireFlags
	c := &cobra.Command{
		Use: "questionnaire FILE", Short: "Read a questionnaire: XLSForm, text of survey sites, LimeSurvey, Qualtrics", Args: cobra.ExactArgs(1),
		Long: `Reads a questionnaire and reports, line by line, what was not taken over as it stood: what was
made of it and what to do. The format shows in the file: XLSForm (.xlsx), the text format of
Chinese survey sites (.txt), LimeSurvey (.lss), Qualtrics (.qsf) or the system's own JSON.

Without --save nothing is stored and no database is needed. --to and --out write what was read
as JSON, as an XLSForm or as a codebook. docs/questionnaires.md lists what is understood.`,
		Example: `  gongping import questionnaire 满意度调查.txt
  gongping import questionnaire survey.qsf --lang en --to codebook.md --out codebook.md
  gongping import questionnaire form.xlsx --save --district 310104`,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args[0]) },
	}
	fl := c.Flags()
	fl.BoolVar(&f.save, "save", false, "store it as a new questionnaire, or with --id as the next version of one")
	fl.StringVar(&f.id, "id", "", "questionnaire of which it becomes the next version")
	fl.StringVar(&f.district, "district", "", "district code (default: GONGPING_DISTRICT)")
	fl.StringVar(&f.as, "as", "", "login of the account to act as (default: the operator)")
	fl.StringVar(&f.to, "to", "", "write what was read as json, xlsform, codebook.xlsx, codebook.csv or codebook.md")
	fl.StringVar(&f.out, "out", "", "file to write to (default: standard output)")
	fl.StringVar(&f.lang, "lang", "zh", "language of the report: zh or en")
	fl.BoolVar(&f.json, "json", false, "print the report as JSON")
	return c
}

func (f *questionnaireFlags) run(c *cobra.Command, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return errs.Wrap(err, errs.NotFound, "intake.file", "the file cannot be opened").At("FILE", path, "a file that can be read", "check the path")
	}
	defer file.Close()
	in, err := rounds.ReadQuestionnaire(path, file)
	if err != nil {
		return err
	}
	p := locale.Embedded().For(locale.Chinese)
	if f.lang == "en" {
		p = locale.Embedded().For(locale.English)
	}
	report := c.OutOrStdout()
	if f.to != "" && f.out == "" {
		report = c.ErrOrStderr()
	}
	if err := f.print(report, in, p); err != nil {
		return err
	}
	if err := f.write(c.OutOrStdout(), in.Questionnaire, p); err != nil || !f.save {
		return err
	}
	b, who, err := openAs(c.Context(), f.district, f.as)
	if err != nil {
		return err
	}
	defer b.Close()
	id, version, err := (&rounds.Service{Core: b.Core}).SaveQuestionnaire(c.Context(), who, f.id, in.Questionnaire)
	if err != nil {
		return err
	}
	fmt.Fprintf(report, "questionnaire %s version %d\n", id, version)
	return nil
}

// print writes the report.
func (f *questionnaireFlags) print(w io.Writer, in rounds.Imported, p *locale.Printer) error {
	lines := words.Lines(in.Report, p)
	if f.json {
		return json.NewEncoder(w).Encode(struct {
			Format string                 `json:"format"`
			Items  int                    `json:"items"`
			Counts map[exchange.Level]int `json:"counts"`
			Report []words.Line           `json:"report"`
		}{in.Report.Format, in.Report.Items, in.Report.Counts, lines})
	}
	fmt.Fprintf(w, "%s: %s %d\n", in.Report.Format, p.T("qimport.items"), in.Report.Items)
	for _, level := range exchange.Levels {
		fmt.Fprintf(w, "\n%s: %d\n", p.T("exchange.level."+string(level)), in.Report.Counts[level])
		for _, g := range words.Gather(lines, p) {
			if g.Level != string(level) {
				continue
			}
			where := make([]string, len(g.Places))
			for i, x := range g.Places {
				where[i] = strings.TrimSpace(x.Where + " " + x.Item)
			}
			if len(where) > 1 {
				where = []string{p.N("qimport.places", len(where)) + " (" + strings.Join(where, p.T("qimport.and")) + ")"}
			}
			fmt.Fprintf(w, "  %s  %s", where[0], g.Made)
			if g.Do != "" {
				fmt.Fprintf(w, "  → %s", g.Do)
			}
			fmt.Fprintln(w)
		}
	}
	return nil
}

// write writes what was read in another format.
func (f *questionnaireFlags) write(w io.Writer, q *instrument.Questionnaire, p *locale.Printer) error {
	if f.to == "" {
		return nil
	}
	file, err := words.Write(q, "import", 1, f.to, p)
	if err != nil {
		return err
	}
	if f.out == "" {
		_, err = w.Write(file.Body)
		return err
	}
	return os.WriteFile(f.out, file.Body, 0o644)
}
