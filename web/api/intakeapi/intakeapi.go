// Package intakeapi has the API operations of areas, workers, frames and
// imports. An import is two requests, like on the pages: the file, answered by
// a preview, then its confirmation by digest.
package intakeapi

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/intake"
	"gongping/internal/errs"
	"gongping/internal/pg/intakedb"
	"gongping/internal/tabular"
	"gongping/web/api"
	"gongping/web/locale"
	"gongping/web/problem"
	"gongping/web/signin"
)

type operations struct{ svc *intake.Service }

// Register registers the operations.
func Register(a huma.API, svc *intake.Service) {
	o := &operations{svc}
	huma.Register(a, get("list-areas", "/areas", "Areas", "List the area tree", "Grids are listed below a code given as under."), o.areas)
	huma.Register(a, get("list-workers", "/workers", "Workers", "List community workers", "Those of the caller's area, 50 a page."), o.workers)
	huma.Register(a, get("list-frames", "/frames", "Frames", "List sampling frames", "Those that hold somebody of the caller's area, newest first."), o.frames)
	huma.Register(a, get("get-frame", "/frames/{id}", "Frames", "Read a frame with its audit", "Counts only; counts under 10 and those that would give one away are null."), o.frame)
	huma.Register(a, get("get-figures", "/rounds/{id}/figures", "Imports", "Count the indicators and ratings of a round", "How many committees and values each indicator and each panel criterion has so far."), o.figures)
	huma.Register(a, get("get-import", "/imports/{kind}/{upload}", "Imports", "Read the preview of an upload, or its outcome", "For who uploaded it: while it waits the preview, once confirmed the outcome too."), o.read)
	huma.Register(a, post("freeze-frame", "/frames/{id}/freeze", "Frames", "Freeze a frame", "Computes the published digest. Beyond the limits of the audit a reason of at least 20 characters is needed.", 64<<20), o.freeze)
	survey := post("import-survey", "/surveys", "Imports", "Import a finished survey as a closed round", "See docs/import-survey.md for the mapping.", 64<<20)
	survey.DefaultStatus = http.StatusCreated
	huma.Register(a, survey, o.survey)
	up := post("upload-import", "/imports/{kind}", "Imports", "Upload a table and get its preview",
		"The body is the CSV or XLSX file itself. Nothing is written until the upload is confirmed.", intake.MaxUpload)
	up.RequestBody = &huma.RequestBody{Required: true, Description: "The file", Content: map[string]*huma.MediaType{
		"text/csv": {Schema: &huma.Schema{Type: "string"}}, "application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}
	huma.Register(a, up, o.upload)
	huma.Register(a, post("confirm-import", "/imports/{kind}/{upload}/confirm", "Imports", "Confirm an upload",
		"Writes the whole table in one transaction. Answers when it is written, or after 30 seconds with state writing.", 0), o.confirm)
	huma.Register(a, post("assign-columns", "/imports/{kind}/{upload}/columns", "Imports", "Say what the columns of a table with other headers are",
		"Each of our columns is taken from a header of the file, or has one value for every row. Checks the file again and answers the upload that takes this one's place; with a name the mapping is remembered.", 0), o.assign)
	huma.Register(a, get("list-column-mappings", "/column-mappings", "Imports", "List remembered column mappings", "The newest of every name, for a kind of table."), o.mappings)
	receipt := post("issue-frame-receipt", "/frames/{id}/receipts", "Frames", "Issue a one-time code for a person's receipt of inclusion",
		"Refused while a round on the frame is in the field.", 0)
	receipt.DefaultStatus = http.StatusCreated
	huma.Register(a, receipt, o.issueReceipt)
	del := post("discard-import", "/imports/{kind}/{upload}", "Imports", "Discard an upload", "Nothing of it was written; the file is removed.", 0)
	del.Method, del.DefaultStatus = http.MethodDelete, http.StatusNoContent
	huma.Register(a, del, o.discard)
}

func get(id, path, tag, summary, text string) huma.Operation {
	return huma.Operation{OperationID: id, Method: http.MethodGet, Path: api.Prefix + path, Tags: []string{tag}, Summary: summary, Description: text}
}

// post describes a write; limit, if not 0, is what its body may weigh.
func post(id, path, tag, summary, text string, limit int64) huma.Operation {
	op := get(id, path, tag, summary, text)
	op.Method = http.MethodPost
	if limit > 0 {
		op.MaxBodyBytes, op.BodyReadTimeout = limit, 30*time.Minute
	}
	return op
}

type answer[T any] struct{ Body T }

func (o *operations) areas(ctx context.Context, in *struct {
	Under string `query:"under" doc:"Code of the area to list, with its grids" example:"310104003001"`
	Text  string `query:"q" doc:"Part of a name, or the first digits of a code"`
}) (*answer[[]intake.AreaLine], error) {
	list, err := o.svc.AreaTree(ctx, signin.Actor(ctx), in.Under, in.Text)
	return &answer[[]intake.AreaLine]{list}, err
}

// Worker is a community worker.
type Worker struct {
	Staff    string `json:"staff"`
	Name     string `json:"name"`
	Post     string `json:"post"`
	Area     string `json:"area"`
	AreaName string `json:"area_name"`
	Active   bool   `json:"active"`
}

// WorkerList is a page of workers.
type WorkerList struct {
	Total   int      `json:"total"`
	Page    int      `json:"page"`
	Last    int      `json:"last"`
	Workers []Worker `json:"workers"`
}

func (o *operations) workers(ctx context.Context, in *struct {
	Text string `query:"q" doc:"Part of a name, number, post or area"`
	Page int    `query:"page" minimum:"1" default:"1" doc:"Page, from 1"`
}) (*answer[WorkerList], error) {
	w, err := o.svc.Workers(ctx, signin.Actor(ctx), in.Text, in.Page)
	if err != nil {
		return nil, err
	}
	out := WorkerList{Total: w.Total, Page: w.Page, Last: w.Last, Workers: []Worker{}}
	for _, x := range w.Workers {
		out.Workers = append(out.Workers, Worker{x.No, x.Name, x.Post, x.Area, x.AreaName, x.Active})
	}
	return &answer[WorkerList]{out}, nil
}

func (o *operations) frames(ctx context.Context, _ *struct{}) (*answer[[]intake.FrameLine], error) {
	list, err := o.svc.Frames(ctx, signin.Actor(ctx))
	return &answer[[]intake.FrameLine]{list}, err
}

func (o *operations) frame(ctx context.Context, in *struct {
	ID string `path:"id" doc:"Id of the frame"`
}) (*answer[Frame], error) {
	f, err := o.svc.Frame(ctx, signin.Actor(ctx), in.ID)
	return &answer[Frame]{frameOf(&f)}, err
}

// Frozen is the outcome of a freeze.
type Frozen struct {
	Digest string `json:"digest" doc:"Published digest of the frame, hexadecimal"`
}

func (o *operations) freeze(ctx context.Context, in *struct {
	ID   string `path:"id" doc:"Id of the round"`
	Body struct {
		Reason   string `json:"reason,omitempty" maxLength:"1000" doc:"Signed reason, where the frame goes beyond the limits"`
		Census   string `json:"census,omitempty" doc:"Census table as CSV text: area, sex, age_from, age_to, persons"`
		Second   string `json:"second,omitempty" doc:"Another register of the same people as CSV text: person, area"`
		Planted  string `json:"planted,omitempty" doc:"Persons planted as a check, as CSV text: person, area"`
		RuleBook string `json:"rule_book,omitempty" doc:"Id of the rule book whose limits apply; the built-in ones without"`
	}
}) (*answer[Frozen], error) {
	input := intake.FreezeInput{Reason: in.Body.Reason, RuleBook: in.Body.RuleBook}
	for _, f := range []struct {
		name, text string
		to         **intake.Source
	}{{"census.csv", in.Body.Census, &input.Census}, {"second.csv", in.Body.Second, &input.Second}, {"planted.csv", in.Body.Planted, &input.Planted}} {
		if f.text == "" {
			continue
		}
		src, err := intake.NewSource(f.name, strings.NewReader(f.text), int64(len(f.text)))
		if err != nil {
			return nil, err
		}
		*f.to = &src
	}
	digest, err := o.svc.Freeze(ctx, signin.Actor(ctx), in.ID, input, nil)
	return &answer[Frozen]{Frozen{digest}}, err
}

// Figures are the counts of a round's indicators and ratings.
type Figures struct {
	Indicators []intakedb.FigureCount `json:"indicators"`
	Ratings    []intakedb.FigureCount `json:"ratings"`
}

func (o *operations) figures(ctx context.Context, in *struct {
	ID string `path:"id" doc:"Id of the frame"`
}) (*answer[Figures], error) {
	f, err := o.svc.Figures(ctx, signin.Actor(ctx), in.ID)
	return &answer[Figures]{Figures{f.Indicators, f.Ratings}}, err
}

// Stream is a request body that is streamed, not held in memory.
type Stream struct{ reader io.Reader }

// Resolve keeps the body for the handler.
func (b *Stream) Resolve(ctx huma.Context) []error {
	b.reader = ctx.BodyReader()
	return nil
}

func (o *operations) upload(ctx context.Context, in *struct {
	Stream
	Kind  string `path:"kind" enum:"areas,workers,frame,indicators,ratings,records,tickets,departments,tasks" doc:"What the table holds"`
	Round string `query:"round" doc:"Round of indicators and ratings"`
	Name  string `query:"name" maxLength:"100" doc:"Name of the frame, the same for every edition"`
	File  string `query:"file" maxLength:"200" default:"upload" doc:"Name of the file, for the record"`
}) (*answer[Upload], error) {
	k, err := intake.ParseKind(in.Kind)
	if err != nil {
		return nil, err
	}
	u, err := o.svc.Receive(ctx, signin.Actor(ctx), intake.Request{Kind: k, Round: in.Round, Name: in.Name}, in.File, in.reader)
	if err != nil {
		return nil, err
	}
	return &answer[Upload]{preview(ctx, u.Token, u.Preview)}, nil
}

// UploadPath names an upload.
type UploadPath struct {
	Kind   string `path:"kind" enum:"areas,workers,frame,indicators,ratings,records,tickets,departments,tasks" doc:"What the table holds"`
	Upload string `path:"upload" doc:"As given by the upload"`
}

func (o *operations) read(ctx context.Context, in *UploadPath) (*answer[Upload], error) {
	who := signin.Actor(ctx)
	u, err := o.svc.Waiting(who, in.Upload)
	if err != nil {
		return nil, err
	}
	out := preview(ctx, u.Token, u.Preview)
	if job, _, err := o.svc.Running(who, in.Upload); err == nil {
		if err := state(ctx, &out, job, 0); err != nil {
			return nil, err
		}
	}
	return &answer[Upload]{out}, nil
}

func (o *operations) confirm(ctx context.Context, in *struct {
	UploadPath
	Body struct {
		Digest string `json:"sha256" doc:"As given by the preview"`
	}
}) (*answer[Upload], error) {
	who := signin.Actor(ctx)
	job, err := o.svc.Confirm(ctx, who, in.Upload, in.Body.Digest)
	if err != nil {
		return nil, err
	}
	u, err := o.svc.Waiting(who, in.Upload)
	if err != nil {
		return nil, err
	}
	out := preview(ctx, u.Token, u.Preview)
	if err := state(ctx, &out, job, 30*time.Second); err != nil {
		return nil, err
	}
	return &answer[Upload]{out}, nil
}

func (o *operations) discard(ctx context.Context, in *UploadPath) (*struct{}, error) {
	return nil, o.svc.Discard(signin.Actor(ctx), in.Upload)
}

func (o *operations) survey(ctx context.Context, in *struct {
	Body struct {
		Mapping string `json:"mapping" doc:"The mapping, YAML text"`
		Table   string `json:"table" doc:"The table, CSV text"`
		File    string `json:"file,omitempty" doc:"Name of the file, for the record"`
	}
}) (*answer[intake.SurveyOutcome], error) {
	m, err := intake.ReadMapping(strings.NewReader(in.Body.Mapping))
	if err != nil {
		return nil, err
	}
	src, err := intake.NewSource(in.Body.File, strings.NewReader(in.Body.Table), int64(len(in.Body.Table)))
	if err != nil {
		return nil, err
	}
	who := signin.Actor(ctx)
	p, err := o.svc.CheckSurvey(ctx, who, m, src, nil)
	if err != nil {
		return nil, err
	}
	out, err := o.svc.CommitSurvey(ctx, who, src, p, nil)
	if err != nil {
		return nil, err
	}
	return &answer[intake.SurveyOutcome]{*out}, nil
}

// Upload is an uploaded table: its preview, and, once confirmed, its outcome.
type Upload struct {
	Upload   string          `json:"upload" doc:"To confirm or discard it with"`
	State    string          `json:"state" enum:"waiting,writing,done"`
	File     string          `json:"file"`
	Digest   string          `json:"sha256"`
	Rows     int             `json:"rows"`
	OK       int             `json:"ok" doc:"Rows without a fault"`
	Faults   int             `json:"faults" doc:"All faults; the first 50 are described"`
	Warnings int             `json:"warnings"`
	Errors   []Fault         `json:"errors"`
	Cautions []Fault         `json:"cautions"`
	Columns  []string        `json:"columns"`
	First    [][]string      `json:"first" doc:"First rows, personal data masked"`
	Counts   []intake.Count  `json:"counts"`
	Outcome  *intake.Outcome `json:"outcome,omitempty"`

	Headers  []string             `json:"headers,omitempty" doc:"The file's own headers, of tables whose columns may be assigned"`
	Samples  [][]string           `json:"samples,omitempty" doc:"First rows by those headers; phone and identity numbers are covered"`
	Assigned []tabular.Assignment `json:"assigned,omitempty" doc:"As assigned"`
	Strange  bool                 `json:"strange,omitempty" doc:"The header row cannot be used: assign the columns"`
}

// Fault is what is wrong with a cell or row.
type Fault struct {
	Where   string `json:"where,omitempty" example:"row 3, column birth_year"`
	Key     string `json:"key"`
	Message string `json:"message"`
	Found   string `json:"found,omitempty"`
	Want    string `json:"want,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

func preview(ctx context.Context, token string, p *intake.Preview) Upload {
	return Upload{Upload: token, State: "waiting", File: p.File, Digest: p.Digest, Rows: p.Rows, OK: p.OK(), Faults: p.Faults, Warnings: p.Warnings,
		Errors: faults(ctx, p.Errors), Cautions: faults(ctx, p.Cautions), Columns: p.Columns, First: p.First, Counts: p.Counts,
		Headers: p.Headers, Samples: p.Samples, Assigned: p.Assigned, Strange: p.Strange}
}

// faults says the faults of a table in the caller's language.
func faults(ctx context.Context, list []*errs.Error) []Fault {
	out, p := make([]Fault, len(list)), locale.Embedded().For(problem.Lang(ctx))
	for i, e := range list {
		d := problem.DetailOf(e, p)
		out[i] = Fault{d.Where, e.Key, d.Message, d.Found, d.Want, d.Hint}
	}
	return out
}

func state(ctx context.Context, u *Upload, job *intake.Job, wait time.Duration) error {
	out, ended, err := job.Wait(ctx, wait)
	if err != nil {
		return err
	}
	if u.State = "writing"; ended {
		u.State, u.Outcome = "done", out
	}
	return nil
}

// ReceiptCode is the one-time code with which a person takes their receipt at
// /frame-receipt.
type ReceiptCode struct {
	Code string `json:"code"`
}

func (o *operations) issueReceipt(ctx context.Context, in *struct {
	ID   string `path:"id" format:"uuid" doc:"Id of the frame"`
	Body struct {
		Committee string `json:"committee" doc:"12-digit code"`
		Person    string `json:"person" doc:"The person's code in the register"`
	}
}) (*struct{ Body ReceiptCode }, error) {
	code, err := o.svc.IssueReceipt(ctx, signin.Actor(ctx), in.ID, in.Body.Committee, in.Body.Person)
	return &struct{ Body ReceiptCode }{ReceiptCode{code}}, err
}
