package field

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/fielddb"
	"gongping/survey"
	"gongping/survey/fieldwork"
	"gongping/survey/instrument"
)

// Submission is one interview as it comes from a device.
type Submission struct {
	ID      string // made at random by the device; a repeat changes nothing
	CaseID  string
	Version int // of the questionnaire; 0 means the round's
	Mode    fieldwork.Mode
	Answers instrument.Answers
	Seconds int // length of the interview, 0 where unknown
	Hour    int // of the day at which it began, −1 where unknown
	Taps    int // answers that were changed before sending
	Device  Device
	// Queued says that it waited on a phone, where the person cannot be asked
	// again: what comes too late to count is held instead of refused.
	Queued bool
	// admitted says that somebody who may has decided to count what came too
	// late, while the round is not closed.
	admitted bool
	// twice says that two persons have read it from a printed form alike, or a
	// third has decided between them.
	twice bool
	link  []byte
}

// Status is what became of a submission.
type Status string

// The outcomes. None of them calls for sending again.
const (
	Accepted  Status = "accepted"
	Duplicate Status = "duplicate" // the same had arrived before
	Kept      Status = "held"      // kept for the auditors, not counted
)

// Outcome tells the sender what became of a submission. Receipt is empty for
// one that is held; Reason is a catalogue key then.
type Outcome struct {
	ID      string
	Status  Status
	Receipt string
	Reason  string
}

// Submit takes the answers of a case from the evaluator who holds it. It
// returns after they are committed. On paper it takes none: what is on a form is
// entered by two (EnterPaper). From a phone's queue such answers are held, for
// they are there already. Sending the same again, any number of times
// and at once, gives the same receipt. A different answer for a case that has
// one is held with the reason.
func (s *Service) Submit(ctx context.Context, who authz.Actor, sub Submission) (Outcome, error) {
	if sub.Mode != fieldwork.Door && sub.Mode != fieldwork.Phone && sub.Mode != fieldwork.Paper {
		return Outcome{}, errs.New(errs.Invalid, "attempt.invalid", "the attempt cannot be recorded").
			At("mode", string(sub.Mode), "door, phone or paper", "change it and send again")
	}
	return s.take(ctx, who, sub)
}

func (s *Service) take(ctx context.Context, who authz.Actor, sub Submission) (Outcome, error) {
	if authz.ScopeOf(who.Role, authz.ResponseSubmit) == authz.Deny {
		return Outcome{}, authz.Check(who, authz.ResponseSubmit, authz.Object{})
	}
	id, err := uuid.Parse(sub.ID)
	if err != nil || id == uuid.Nil {
		return Outcome{}, badID(sub.ID)
	}
	kase, err := uuid.Parse(sub.CaseID)
	if err != nil {
		return Outcome{}, errNoCase
	}
	sub.ID, sub.CaseID = id.String(), kase.String()
	if sub.Device.DistanceM != nil && !sub.admitted {
		r := s.readable(ctx, who, sub.Mode, Reading{sub.Device.DistanceM, sub.Device.AccuracyM})
		sub.Device.DistanceM, sub.Device.AccuracyM = r.DistanceM, r.AccuracyM
	}
	return s.submit.do(ctx, who, sub, s.prepareQuick(who, sub, kase))
}

// prepared is a submission that has passed all checks, ready to be written.
type prepared struct {
	row     fielddb.Response
	digest  []byte
	receipt string
	hold    string // why it is kept and not counted, "" if it counts
}

// prepare checks one submission against what the database says about its case.
// One from a queue that comes too late to count is prepared to be held, for who
// holds the case or has held it.
func (s *Service) prepare(who authz.Actor, sub Submission, t *fielddb.Known, b *batch, now time.Time) (prepared, error) {
	p, err := s.prepareInTime(who, sub, t, b, now)
	reason := lateReason(err)
	if reason == "" || !sub.Queued {
		return p, err
	}
	o := authz.Object{Area: t.Committee, Assignees: append([]string{t.Evaluator}, b.before[sub.CaseID]...), CaseID: t.CaseID}
	if !t.Found || authz.Check(who, authz.ResponseSubmit, o) != nil {
		return p, err
	}
	return late(who, sub, t, b.rounds[t.RoundID], reason), nil
}

// late prepares a submission to be held. One that had arrived in time is known
// by its digest, and is told so.
func late(who authz.Actor, sub Submission, t *fielddb.Known, r Round, reason string) prepared {
	version := sub.Version
	if version == 0 {
		version = r.QuestionnaireVersion
	}
	p := prepared{digest: Digest(sub.ID, t.RoundID, version, string(sub.Mode), r.Questionnaire.Normal(trimmed(sub.Answers))), hold: reason}
	if t.Complete && t.Stored && bytes.Equal(t.Digest, p.digest) {
		p.hold = ""
	}
	p.row.RoundID = t.RoundID
	if who.Role == authz.Evaluator {
		p.row.Evaluator = who.AccountID
	}
	return p
}

func (s *Service) prepareInTime(who authz.Actor, sub Submission, t *fielddb.Known, b *batch, now time.Time) (prepared, error) {
	var p prepared
	if !t.Found {
		return p, errNoCase
	}
	o := authz.Object{Area: t.Committee, Assignees: []string{t.Evaluator}, CaseID: t.CaseID}
	if !sub.admitted && authz.Check(who, authz.ResponseSubmit, o) != nil {
		return p, errNoCase
	}
	r := b.rounds[t.RoundID]
	answers, err := s.checked(sub, r)
	if err != nil {
		return p, err
	}
	encoded := encodeAnswers(answers)
	p.digest = digest(sub.ID, t.RoundID, r.QuestionnaireVersion, string(sub.Mode), encoded)
	// A repeat of what is stored is answered even after the round has closed
	// and the link was used: the sender only wants to know.
	if t.Complete && t.Stored && bytes.Equal(t.Digest, p.digest) {
		return p, nil
	}
	if err := openFor(r.RoundState, t.DrawID, now); err != nil && !(sub.admitted && r.State == survey.Collecting) {
		return p, err
	}
	if sub.link != nil {
		l, ok := b.Links[string(sub.link)]
		if err := checkLink(l, ok, now); err != nil && !l.Used {
			return p, err
		}
	}
	single := sub.Mode == fieldwork.Paper && !sub.twice && !sub.admitted
	if single && !sub.Queued {
		return p, errs.New(errs.Invalid, "answers.paper", "what is on paper is entered by two persons, with the code of the form").
			At("mode", string(sub.Mode), "door or phone", "enter the form by its code, or say how the person was asked")
	}
	p.receipt = s.receipt(sub.ID)
	c := s.coarse(&t.Target, r)
	p.row = s.row(who, sub, &c, r, answers, encoded, p.digest)
	if single && !t.Complete && !t.Stored {
		p.hold = "single_entry"
	}
	return p, nil
}

// checked cleans the answers and checks them against the frozen questionnaire.
func (s *Service) checked(sub Submission, r Round) (instrument.Answers, error) {
	if sub.Version != 0 && sub.Version != r.QuestionnaireVersion {
		return nil, errs.New(errs.Conflict, "answers.version", "the answers belong to version %d of the questionnaire, the round to version %d", sub.Version, r.QuestionnaireVersion).
			With(map[string]any{"Have": sub.Version, "Want": r.QuestionnaireVersion})
	}
	answers := r.Questionnaire.Normal(trimmed(sub.Answers))
	return answers, r.Questionnaire.CheckAnswers(answers)
}

// trimmed leaves out what is empty. Where nothing is to be done it returns what
// it was given.
func trimmed(in instrument.Answers) instrument.Answers {
	clean := true
	for _, v := range in {
		clean = clean && v != "" && strings.TrimSpace(v) == v
	}
	if clean && in != nil {
		return in
	}
	out := make(instrument.Answers, len(in))
	for item, v := range in {
		if v = strings.TrimSpace(v); v != "" {
			out[item] = v
		}
	}
	return out
}

// Digest is the fingerprint of a response: SHA-256 over canonical JSON of id,
// round, questionnaire version, mode and all answers. It does not hold the
// case, or whoever knew the cases could find out whose answer it is by trying.
func Digest(id, round string, version int, mode string, answers instrument.Answers) []byte {
	var room [1024]byte
	return digest(id, round, version, mode, appendAnswers(room[:0], answers))
}

// digest is Digest of answers that are encoded already.
func digest(id, round string, version int, mode string, encoded []byte) []byte {
	var room [1024]byte
	h := sha256.Sum256(appendDigested(room[:0], id, round, version, mode, encoded))
	return h[:]
}

// CommentLabel binds a sealed open answer to its place.
func CommentLabel(responseID, item string) string { return "comment/" + responseID + "/" + item }

// row is the stored form of an answer, with the day instead of the minute.
// encoded are all answers as JSON.
func (s *Service) row(who authz.Actor, sub Submission, c *coarse, r Round, answers instrument.Answers, encoded, digest []byte) fielddb.Response {
	row := fielddb.Response{ID: sub.ID, CaseID: sub.CaseID, RoundID: c.RoundID, Version: r.QuestionnaireVersion, Committee: c.Committee,
		Stratum: c.Stratum, Cluster: c.Cluster, DesignWeight: c.DesignWeight, Sex: c.Sex, AgeBand: c.AgeBand, Tenure: c.Tenure,
		Building: c.Building, Household: c.Household, Mode: string(sub.Mode), Digest: digest, Token: sub.link}
	if who.Role == authz.Evaluator {
		row.Evaluator = who.AccountID
	}
	row.Answers = encoded
	if !r.Questionnaire.Coded(answers) {
		coded, open := r.Questionnaire.Split(answers)
		row.Answers = encodeAnswers(coded)
		row.Comments = make(map[string][]byte, len(open))
		for key, v := range open {
			row.Comments[key] = s.Seal.Seal([]byte(v), CommentLabel(sub.ID, key))
		}
	}
	row.Paradata = paradataOf(sub, r.Questionnaire)
	return row
}

// RowOf is the stored form of answers that somebody gives; the demonstration
// writes its simulated fieldwork with it, so that receipts and pseudonyms are
// those of real answers.
func (s *Service) RowOf(who authz.Actor, sub Submission, t fielddb.Target, r Round) fielddb.Response {
	r.ID, sub.CaseID = t.RoundID, t.CaseID
	c := s.coarse(&t, r)
	encoded := encodeAnswers(sub.Answers)
	return s.row(who, sub, &c, r, sub.Answers, encoded, digest(sub.ID, t.RoundID, r.QuestionnaireVersion, string(sub.Mode), encoded))
}

func hour(h int) *int {
	if h < 0 || h > 23 {
		return nil
	}
	return &h
}

// Receipt is the receipt of an answer, for whoever minted its id; ids are random
// and shown to nobody else.
func (s *Service) Receipt(responseID string) string { return s.receipt(responseID) }

// hold seals a submission that is kept and not counted. The same content keeps
// the same id, so that a repeat is kept once.
func (s *Service) hold(sub Submission, p prepared, reason string, now time.Time) fielddb.Held {
	h := sha256.Sum256([]byte(sub.CaseID + "/" + string(p.digest)))
	id := uuid.UUID(h[:16]).String()
	payload, err := json.Marshal(heldAnswer{Response: sub.ID, Case: sub.CaseID, Mode: string(sub.Mode), Evaluator: p.row.Evaluator, Answers: sub.Answers,
		Version: sub.Version, Seconds: sub.Seconds, Hour: sub.Hour, Taps: sub.Taps, Device: sub.Device.finite()})
	if err != nil {
		panic("field: answers do not encode: " + err.Error())
	}
	return fielddb.Held{ID: id, RoundID: p.row.RoundID, CaseID: sub.CaseID, Reason: reason,
		Payload: s.Seal.Seal(payload, "held/"+id), ReceivedAt: now}
}

// ReceiptView is what the holder of a receipt learns.
type ReceiptView struct {
	Day       time.Time
	Unchanged bool   // the stored answers still have the digest of that day
	Excluded  string // the ground for which it is set aside, "" when it counts
	Open      bool   // it can still be withdrawn
}

// CheckReceipt looks up a receipt. It needs nobody signed in; it tells nothing
// about content or person.
func (s *Service) CheckReceipt(ctx context.Context, district, code string) (v ReceiptView, err error) {
	st, _, err := s.byReceipt(ctx, s.Pool, district, code)
	if err != nil {
		return v, err
	}
	answers := instrument.Answers{}
	if err := json.Unmarshal(st.Answers, &answers); err != nil {
		return v, err
	}
	comments, err := fielddb.Comments(ctx, s.Pool, district, st.ResponseID)
	if err != nil {
		return v, err
	}
	v.Day, v.Excluded, v.Unchanged = st.Day, st.Excluded, true
	for item, sealed := range comments {
		plain, err := s.Seal.Open(sealed, CommentLabel(st.ResponseID, item))
		if err != nil {
			v.Unchanged = false
		}
		answers[item] = string(plain)
	}
	if r, err := s.roundByID(ctx, s.Pool, district, st.RoundID); err == nil {
		v.Open = checkOpen(r.RoundState, s.Clock.Now()) == nil || openLate(r.RoundState, st.Day, s.Clock.Now())
	}
	v.Unchanged = v.Unchanged && bytes.Equal(st.Digest, Digest(st.ResponseID, st.RoundID, st.Version, st.Mode, answers))
	return v, nil
}
