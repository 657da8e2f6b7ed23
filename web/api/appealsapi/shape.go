package appealsapi

import (
	"encoding/hex"
	"time"

	"gongping/internal/app/appeals"
	"gongping/internal/pg/appealdb"
	"gongping/scoring/appeal"
)

type listOut struct {
	Total   int       `json:"total"`
	Page    int       `json:"page"`
	Pages   int       `json:"pages"`
	Appeals []lineOut `json:"appeals"`
}

type lineOut struct {
	ID        string     `json:"id"`
	Receipt   string     `json:"receipt,omitempty"`
	Unit      string     `json:"unit,omitempty"`
	UnitName  string     `json:"unit_name,omitempty"`
	Ground    string     `json:"ground"`
	State     string     `json:"state"`
	FiledAt   time.Time  `json:"filed_at"`
	Due       *time.Time `json:"due,omitempty"`
	Late      bool       `json:"late"`
	Remaining int        `json:"working_days_left" doc:"Negative when late"`
	Waits     string     `json:"waits_for_you,omitempty"`
}

func lineOf(l appeals.Line) lineOut {
	return lineOut{l.ID, l.Receipt, l.Unit, l.UnitName, l.Ground, string(l.State), l.FiledAt, stamp(l.Due), l.Late, l.Remaining, l.Waits}
}

type detailOut struct {
	ID        string         `json:"id"`
	Receipt   string         `json:"receipt"`
	RoundID   string         `json:"round_id"`
	RunID     string         `json:"run_id"`
	Unit      string         `json:"unit"`
	Ground    string         `json:"ground"`
	Statement string         `json:"statement"`
	State     string         `json:"state"`
	FiledAt   time.Time      `json:"filed_at"`
	AcceptBy  time.Time      `json:"accept_by"`
	DecideBy  time.Time      `json:"decide_by"`
	Late      bool           `json:"late"`
	Course    []entryOut     `json:"course"`
	Evidence  []evidenceOut  `json:"evidence"`
	Outcome   string         `json:"outcome,omitempty"`
	Reasons   []string       `json:"reasons,omitempty"`
	NewRun    string         `json:"new_run,omitempty"`
	Reviewed  []reviewedOut  `json:"reviewed,omitempty" doc:"Auditors only: both sides"`
	Effect    *appeal.Effect `json:"effect,omitempty" doc:"Auditors only"`

	Department string     `json:"department,omitempty" doc:"To which the decision credits answers"`
	Asked      int        `json:"asked_for_more_time" doc:"Requests without an answer"`
	Extended   *time.Time `json:"extended,omitempty" doc:"The later deadline of the step it waits for"`
	ReAsk      *reaskOut  `json:"reask,omitempty" doc:"Residents asked anew, where that was decided"`

	NoticeUntil *time.Time     `json:"notice_until,omitempty" doc:"End of the public notice"`
	Open        int            `json:"objections_open" doc:"Objections without an answer"`
	Objections  []objectionOut `json:"objections,omitempty" doc:"Managers and auditors only; answer-objection takes the id"`
}

type objectionOut struct {
	ID       string    `json:"id"`
	Text     string    `json:"text"`
	From     string    `json:"from" enum:"resident,account" doc:"Whether somebody signed in objected; never who"`
	At       time.Time `json:"at"`
	Answered bool      `json:"answered"`
	Answer   string    `json:"answer,omitempty"`
}

// reviewedOut is an answer that was under review, on either side.
type reviewedOut struct {
	Label  string         `json:"label"`
	ID     string         `json:"id" doc:"Id of the answer"`
	Side   string         `json:"side" enum:"low,high"`
	Ticket string         `json:"ticket" doc:"Why it was among those drawn; hexadecimal"`
	Facts  appealdb.Facts `json:"facts"`
}

type reaskOut struct {
	OpenBy *time.Time `json:"open_by,omitempty"`
	Until  *time.Time `json:"until,omitempty"`
	Draw   string     `json:"draw,omitempty" doc:"Id of the commitment; managers and auditors"`
	Want   int        `json:"want,omitempty"`
	Done   int        `json:"done,omitempty"`
	Open   int        `json:"open,omitempty" doc:"New cases without an evaluator, because everybody whose area holds the committee interviewed answers that were set aside"`
	Why    string     `json:"why,omitempty" doc:"Why the run followed without: nobody, missed, discarded or expired"`
}

type entryOut struct {
	Kind    string    `json:"kind"`
	At      time.Time `json:"at"`
	Who     string    `json:"who"`
	Reason  string    `json:"reason,omitempty"`
	Outcome string    `json:"outcome,omitempty"`
	Step    string    `json:"step,omitempty"`
}

type evidenceOut struct {
	ID        string `json:"id,omitempty"`
	Kind      string `json:"kind"`
	MediaType string `json:"media_type"`
	Name      string `json:"name,omitempty"`
	KB        int    `json:"kb"`
}

func evidenceOf(list []appeals.EvidenceRef) []evidenceOut {
	out := []evidenceOut{}
	for _, e := range list {
		out = append(out, evidenceOut{e.ID, e.Kind, e.MediaType, e.Name, e.KB})
	}
	return out
}

func detailOf(d appeals.Detail) detailOut {
	out := detailOut{ID: d.ID, Receipt: d.Receipt, RoundID: d.RoundID, RunID: d.RunID, Unit: d.Unit, Ground: d.Ground, Statement: d.Statement,
		State: string(d.State), FiledAt: d.FiledAt, AcceptBy: d.AcceptBy, DecideBy: d.DecideUntil, Late: d.Late, Course: []entryOut{}, Evidence: evidenceOf(d.Evidence)}
	for _, e := range d.Course {
		out.Course = append(out.Course, entryOut{string(e.Kind), e.At, e.Who, e.Reason, string(e.Outcome), string(e.Step)})
	}
	if d.Decision != nil {
		out.Outcome, out.Reasons, out.Department = string(d.Decision.Outcome), d.Decision.Reasons, d.Decision.Department
	}
	out.Asked, out.Extended = len(d.Extension.Asked), stamp(d.Extension.Until)
	if r := d.ReAsk; r.Decided {
		out.ReAsk = &reaskOut{stamp(r.OpenBy), stamp(r.Until), r.Draw, r.Want, r.Done, r.Open, r.Why}
	}
	out.NoticeUntil, out.Open = stamp(d.NoticeUntil), d.OpenCount
	for _, o := range d.Objections {
		out.Objections = append(out.Objections, objectionOut{o.ID, o.Text, o.Role, o.At, o.Answered, o.Answer})
	}
	if d.NewRun != nil {
		out.NewRun = d.NewRun.ID
	}
	if d.Audit != nil {
		out.Effect = d.Audit.Effect
		for _, it := range d.Audit.Items {
			out.Reviewed = append(out.Reviewed, reviewedOut{it.Label, it.ID, string(it.Side), hex.EncodeToString(it.Ticket), it.Facts})
		}
	}
	return out
}

type caseOut struct {
	ID        string         `json:"id"`
	Ground    string         `json:"ground"`
	Statement string         `json:"statement" doc:"Names, phones and addresses are masked"`
	Facts     string         `json:"facts,omitempty"`
	Evidence  []evidenceOut  `json:"evidence"`
	Figures   appeals.Coarse `json:"figures"`
	Items     []itemOut      `json:"under_review"`
	State     string         `json:"state"`
	Due       *time.Time     `json:"due,omitempty"`
	MyVote    string         `json:"my_vote,omitempty"`
	Outcome   string         `json:"outcome,omitempty"`
	Reasons   []string       `json:"reasons,omitempty"`
}

type itemOut struct {
	Label string `json:"label"`
	appealdb.Facts
}

func caseOf(f appeals.CaseFile) caseOut {
	out := caseOut{ID: f.ID, Ground: f.Ground.ID, Statement: f.Statement, Facts: f.Facts, Evidence: evidenceOf(f.Evidence), Figures: f.Figures,
		Items: []itemOut{}, State: string(f.State), Due: stamp(f.Due)}
	for _, it := range f.Items {
		out.Items = append(out.Items, itemOut{it.Label, it.Facts})
	}
	if f.Mine != nil {
		out.MyVote = string(f.Mine.Outcome)
	}
	if f.Decision != nil {
		out.Outcome, out.Reasons = string(f.Decision.Outcome), f.Decision.Reasons
	}
	return out
}
