package words

import (
	"cmp"
	"context"
	"crypto/sha256"
	"slices"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/departmentdb"
	"gongping/internal/pg/worddb"
	"gongping/scoring/qualitative"
)

// The model of a district is trained again when so many more texts are decided;
// it learns from the latest of them.
const (
	retrainAfter = 10
	maxExamples  = 5000
	minPerTopic  = 3   // decided texts a topic must have to be proposed
	candidates   = 200 // texts among which the least sure is sought
)

// trained is a model with the meaning of its classes.
type trained struct {
	decided int
	topics  []string
	model   *qualitative.Model // nil: too few decided texts
}

// Guess is a proposed value with its calibrated probability.
type Guess struct {
	Value string
	Prob  float64
}

// Proposal is what the model would code.
type Proposal struct {
	Examples   int // decided texts that it was trained on
	Topics     []Guess
	Polarity   int
	PolarityP  float64
	Matter     qualitative.Matter
	MatterP    float64
	Confidence float64
}

// Task is a text to be coded, without anything that tells whose it is or what
// others said.
type Task struct {
	ID, Body    string
	Copies      int // comments with the same words
	Book        qualitative.Codebook
	Departments []departmentdb.Department
	Proposal    *Proposal // nil where there is no model, or the text is coded without it
	Blank       bool      // coded without the proposal, to measure people and not the machine
	Left, Done  int       // texts left for this coder in the scope, and coded by them
}

// model returns the district's model, trained again where enough has been
// decided since. It learns from decided texts only: a proposal can tell no
// coder what the other has said of the text at hand.
func (s *Service) model(ctx context.Context, db pg.Querier, district string) (*trained, error) {
	n, err := worddb.CountDecisions(ctx, db, district)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.models[district]; m != nil && n < m.decided+max(retrainAfter, m.decided/20) && n >= m.decided {
		return m, nil
	}
	list, err := worddb.Examples(ctx, db, district, maxExamples)
	if err != nil {
		return nil, err
	}
	m := learn(list)
	m.decided = n
	s.models[district] = m
	return m, nil
}

// learn trains on decided texts; topics with few of them are not proposed.
func learn(list []worddb.Coded) *trained {
	count := map[string]int{}
	for _, e := range list {
		for _, c := range e.Codes {
			count[c.Topic]++
		}
	}
	m := &trained{}
	for t, n := range count {
		if n >= minPerTopic {
			m.topics = append(m.topics, t)
		}
	}
	slices.Sort(m.topics)
	examples := make([]qualitative.Example, len(list))
	for i, e := range list {
		x := qualitative.Example{Text: e.Body, Polarity: -1, Matter: -1}
		for k, c := range e.Codes {
			if at, ok := slices.BinarySearch(m.topics, c.Topic); ok {
				x.Topics = append(x.Topics, at)
			}
			if k == 0 {
				x.Polarity, x.Matter = c.Polarity+1, slices.Index(qualitative.Matters, c.Matter)
			}
		}
		examples[i] = x
	}
	if len(m.topics) > 0 {
		m.model = qualitative.Train(examples, len(m.topics), len(qualitative.Matters))
	}
	return m
}

// proposals predicts for texts; nil where there is no model.
func (m *trained) proposals(texts []worddb.Text) []*Proposal {
	out := make([]*Proposal, len(texts))
	if m.model == nil {
		return out
	}
	p, pred := m.model.Predictor(), qualitative.Prediction{}
	for i, t := range texts {
		p.Predict(t.Body, &pred)
		out[i] = m.proposal(&pred)
	}
	return out
}

func (m *trained) proposal(pred *qualitative.Prediction) *Proposal {
	p := &Proposal{Examples: m.model.Examples, Confidence: pred.Confidence()}
	for k, v := range pred.Topics {
		if v >= 0.15 {
			p.Topics = append(p.Topics, Guess{m.topics[k], v})
		}
	}
	slices.SortFunc(p.Topics, func(a, b Guess) int { return cmp.Compare(b.Prob, a.Prob) })
	p.Topics = p.Topics[:min(3, len(p.Topics))]
	for k, v := range pred.Polarity {
		if v > p.PolarityP {
			p.Polarity, p.PolarityP = k-1, v
		}
	}
	for k, v := range pred.Matter {
		if v > p.MatterP {
			p.Matter, p.MatterP = qualitative.Matters[k], v
		}
	}
	return p
}

// blank tells whether a text is coded without the model's proposal: a quarter
// of them, for both coders alike.
func blank(lead string) bool { return sha256.Sum256([]byte("blank/" + lead))[0]%4 == 0 }

// Next returns the text that the coder should code next: of those that wait
// for a third or a second coder first, and among them the one that the model is
// least sure of. skip are texts that the coder has put off.
func (s *Service) Next(ctx context.Context, who authz.Actor, scope Scope, skip []string) (t *Task, err error) {
	err = s.Read(ctx, who, authz.CommentCode, authz.Object{Area: who.Area}, func(ctx context.Context, db pg.Querier) error {
		list, err := worddb.Queue(ctx, db, who.District, scope, who.Area, who.AccountID, candidates)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(x worddb.Text) bool { return slices.Contains(skip, x.ID) })
		if len(list) == 0 {
			return nil
		}
		m, err := s.model(ctx, db, who.District)
		if err != nil {
			return err
		}
		t, err = s.task(ctx, db, who, m, list)
		return err
	})
	return t, err
}

// task picks the text of the list to be coded next.
func (s *Service) task(ctx context.Context, db pg.Querier, who authz.Actor, m *trained, list []worddb.Text) (*Task, error) {
	props := m.proposals(list)
	best := 0
	for i := range list {
		if list[i].Codings != list[best].Codings {
			break // the list begins with those that wait longest
		}
		if props[i] != nil && props[i].Confidence < props[best].Confidence {
			best = i
		}
	}
	book, _, err := s.codebook(ctx, db, who.District)
	if err != nil {
		return nil, err
	}
	x := list[best]
	t := &Task{ID: x.ID, Body: x.Body, Copies: x.Copies, Book: *book, Proposal: props[best], Blank: blank(x.ID), Left: len(list)}
	if t.Blank {
		t.Proposal = nil
	}
	t.Departments, err = departmentdb.List(ctx, db, who.District)
	return t, err
}

// Code takes a coder's judgement. Two that agree decide; where two differ the
// text waits for a third. What follows for answers is written with the decision.
func (s *Service) Code(ctx context.Context, who authz.Actor, lead string, codes []qualitative.Code) (state qualitative.State, err error) {
	err = s.Write(ctx, who, authz.CommentCode, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		state, err = s.judge(ctx, tx, lead, codes)
		return err
	})
	return state, err
}

// judge is Code within a transaction.
func (s *Service) judge(ctx context.Context, tx *app.Tx, lead string, codes []qualitative.Code) (qualitative.State, error) {
	who := tx.Actor
	t, err := worddb.GetText(ctx, tx, who.District, lead)
	if err != nil {
		return "", app.NotFound(err, "comment")
	}
	if err := tx.Check(authz.Object{Area: t.Area}); err != nil {
		return "", err
	}
	if err := worddb.LockText(ctx, tx, who.District, lead); err != nil {
		return "", err
	}
	if yes, err := worddb.Judges(ctx, tx, who.District, lead, who.AccountID); err != nil || yes {
		if err == nil { // as if it were not there: nobody shall learn what is under review
			err = errs.New(errs.NotFound, "comment.not_found", "there is no such comment, or none that you may see")
		}
		return "", err
	}
	given, err := worddb.Codings(ctx, tx, who.District, lead)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(given, func(g worddb.Coding) bool { return g.Coder == who.AccountID }) {
		return "", errs.New(errs.Done, "comment.coded_by_you", "you have coded this comment already; a judgement is not changed")
	}
	if decided(given) {
		return "", errs.New(errs.Conflict, "comment.decided", "others have decided this comment meanwhile")
	}
	c, err := s.coding(ctx, tx, t, codes, len(given)+1)
	if err != nil {
		return "", err
	}
	return s.decide(ctx, tx, t, append(given, c))
}

func decided(given []worddb.Coding) bool {
	st := qualitative.Decide(judgements(given)).State
	return st == qualitative.Agreed || st == qualitative.Settled
}

func judgements(list []worddb.Coding) [][]qualitative.Code {
	out := make([][]qualitative.Code, len(list))
	for i, c := range list {
		out[i] = c.Codes
	}
	return out
}

// coding checks the codes and stores them.
func (s *Service) coding(ctx context.Context, tx *app.Tx, t worddb.Text, codes []qualitative.Code, slot int) (c worddb.Coding, err error) {
	district := tx.Actor.District
	book, v, err := s.codebook(ctx, tx, district)
	if err != nil {
		return c, err
	}
	if v.Version == 0 {
		return c, errs.New(errs.NotNow, "codebook.none", "there is no codebook yet; the manager has to save one first")
	}
	list, err := departmentdb.List(ctx, tx, district)
	if err != nil {
		return c, err
	}
	var names []string
	for _, d := range list {
		names = append(names, d.Code)
	}
	if codes, err = book.CheckCodes(codes, names); err != nil {
		return c, err
	}
	s.mu.Lock()
	m := s.models[district]
	s.mu.Unlock()
	c = worddb.Coding{ID: app.NewID(), Lead: t.ID, Coder: tx.Actor.AccountID, Codebook: v.ID, Version: v.Version, Slot: slot, Codes: codes,
		Proposed: m != nil && m.model != nil && !blank(t.ID), At: tx.Now}
	tx.Record("comment", t.ID, "", map[string]any{"slot": slot, "codes": len(codes)})
	return c, worddb.InsertCoding(ctx, tx, district, c)
}

// decide writes what the judgements decide together, and what follows.
func (s *Service) decide(ctx context.Context, tx *app.Tx, t worddb.Text, given []worddb.Coding) (qualitative.State, error) {
	d := qualitative.Decide(judgements(given))
	if d.State != qualitative.Agreed && d.State != qualitative.Settled {
		return d.State, nil
	}
	if err := worddb.InsertDecision(ctx, tx, tx.Actor.District, given[len(given)-1], d); err != nil {
		return d.State, err
	}
	if t.Round == "" {
		return d.State, nil
	}
	return d.State, s.attribute(ctx, tx, t.Round, t.ID)
}

// Pairs are the first two judgements of every text of a scope.
func Pairs(ctx context.Context, db pg.Querier, district string, scope Scope) ([]qualitative.Pair, error) {
	list, err := worddb.ScopeCodings(ctx, db, district, scope)
	if err != nil {
		return nil, err
	}
	var out []qualitative.Pair
	for i := 1; i < len(list); i++ {
		if a, b := list[i-1], list[i]; a.Lead == b.Lead {
			out = append(out, qualitative.Pair{First: a.Codes, Second: b.Codes, Proposed: a.Proposed && b.Proposed})
		}
	}
	return out, nil
}

// Task returns a text as Next does, to show its form again.
func (s *Service) Task(ctx context.Context, who authz.Actor, lead string) (t *Task, err error) {
	err = s.Read(ctx, who, authz.CommentCode, authz.Object{Area: who.Area}, func(ctx context.Context, db pg.Querier) error {
		x, err := worddb.GetText(ctx, db, who.District, lead)
		if err != nil {
			return app.NotFound(err, "comment")
		}
		if err := authz.Check(who, authz.CommentCode, authz.Object{Area: x.Area}); err != nil {
			return err
		}
		m, err := s.model(ctx, db, who.District)
		if err != nil {
			return err
		}
		t, err = s.task(ctx, db, who, m, []worddb.Text{x})
		return err
	})
	return t, err
}

// Judgement is a coder's judgement of one text, for CodeMany.
type Judgement struct {
	Lead  string
	Codes []qualitative.Code
}

// CodeMany takes many judgements of one coder at once, all or none, as of a
// coder who worked in another program. The rules are those of Code.
func (s *Service) CodeMany(ctx context.Context, who authz.Actor, list []Judgement) error {
	if len(list) == 0 || len(list) > maxJudgements {
		return errs.New(errs.Invalid, "comment.judgements", "send 1 to 5000 judgements at once")
	}
	return s.Write(ctx, who, authz.CommentCode, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		for _, j := range list {
			if _, err := s.judge(ctx, tx, j.Lead, j.Codes); err != nil {
				return err
			}
		}
		return nil
	})
}

// maxJudgements is the most that CodeMany takes.
const maxJudgements = 5000

// Waiting lists texts of a scope that the coder may code, without a proposal.
func (s *Service) Waiting(ctx context.Context, who authz.Actor, scope Scope, limit int) (list []worddb.Text, err error) {
	err = s.Read(ctx, who, authz.CommentCode, authz.Object{Area: who.Area}, func(ctx context.Context, db pg.Querier) error {
		list, err = worddb.Queue(ctx, db, who.District, scope, who.Area, who.AccountID, min(max(limit, 1), maxJudgements))
		return err
	})
	for i := range list { // what tells a coder whose it is, or what others did
		list[i].Area, list[i].Codings = "", 0
	}
	return list, err
}
