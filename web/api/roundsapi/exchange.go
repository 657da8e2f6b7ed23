package roundsapi

import (
	"bytes"
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/rounds"
	"gongping/survey/instrument"
	"gongping/web/exchange"
	"gongping/web/locale"
	"gongping/web/signin"
)

// exchange registers reading and writing questionnaires in other formats.
func (o *operations) exchange(a huma.API) {
	read := op(http.MethodPost, "read-questionnaire", "/questionnaires/read", "Questionnaires", "Read a questionnaire from a file",
		"The body is the file: XLSForm (.xlsx), the text format of Chinese survey sites, LimeSurvey (.lss), Qualtrics (.qsf) or the system's own JSON. "+
			"Nothing is stored: the answer has the questionnaire, to be saved with save-questionnaire or change-questionnaire, and a report of everything that was not taken over as it stood.")
	read.MaxBodyBytes = rounds.MaxQuestionnaireFile
	huma.Register(a, read, o.read)
	huma.Register(a, op(http.MethodGet, "export-questionnaire", "/questionnaires/{id}/export", "Questionnaires", "Write a questionnaire as a file",
		"XLSForm, a codebook (xlsx, csv or md), or JSON."), o.export)
}

// ReadResult is a questionnaire read from a file, with the report in words.
type ReadResult struct {
	Questionnaire *instrument.Questionnaire `json:"questionnaire"`
	Format        string                    `json:"format"`
	Items         int                       `json:"items"`
	Counts        map[string]int            `json:"counts" doc:"Findings by level: lost, fault, changed, note"`
	Usable        bool                      `json:"usable" doc:"Whether it can be saved as it stands"`
	Report        []exchange.Line           `json:"report"`
}

func printer(lang string) *locale.Printer {
	if lang == "en" {
		return locale.Embedded().For(locale.English)
	}
	return locale.Embedded().For(locale.Chinese)
}

func (o *operations) read(ctx context.Context, in *struct {
	Name    string `query:"name" maxLength:"200" doc:"Name of the file, for errors"`
	Lang    string `query:"lang" enum:"zh,en" default:"zh" doc:"Language of the report"`
	RawBody []byte `contentType:"application/octet-stream"`
}) (*answer[ReadResult], error) {
	got, err := o.svc.ReadQuestionnaire(signin.Actor(ctx), in.Name, bytes.NewReader(in.RawBody))
	if err != nil {
		return nil, err
	}
	out := ReadResult{Questionnaire: got.Questionnaire, Format: got.Report.Format, Items: got.Report.Items, Counts: map[string]int{},
		Usable: got.Questionnaire.Check() == nil, Report: exchange.Lines(got.Report, printer(in.Lang))}
	for level, n := range got.Report.Counts {
		out.Counts[string(level)] = n
	}
	return &answer[ReadResult]{out}, nil
}

type download struct {
	ContentType        string `header:"Content-Type"`
	ContentDisposition string `header:"Content-Disposition"`
	Body               []byte
}

func (o *operations) export(ctx context.Context, in *struct {
	OneVersion
	As   string `query:"as" enum:"xlsform,codebook.xlsx,codebook.csv,codebook.md,json" default:"xlsform" doc:"Format of the file"`
	Lang string `query:"lang" enum:"zh,en" default:"zh" doc:"Language of the codebook's heads"`
}) (*download, error) {
	q, doc, err := o.svc.Questionnaire(ctx, signin.Actor(ctx), in.ID, in.Version)
	if err != nil {
		return nil, err
	}
	f, err := exchange.Write(q, doc.ID, doc.Version, in.As, printer(in.Lang))
	return &download{f.Type, `attachment; filename="` + f.Name + `"`, f.Body}, err
}
