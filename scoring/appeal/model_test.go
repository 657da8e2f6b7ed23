package appeal_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gongping/scoring/appeal"
)

// people of the model: the appellant, a manager, an assessor and six possible
// members of the panel.
var people = []string{"worker", "manager", "assessor", "p1", "p2", "p3", "p4", "p5", "p6"}

var kinds = []appeal.Kind{appeal.KindFiled, appeal.KindAccepted, appeal.KindRefused, appeal.KindAssigned, appeal.KindVote,
	appeal.KindDecided, appeal.KindRun, appeal.KindSuperseded, appeal.KindClosed, appeal.KindWithdrawn, appeal.KindOverdue,
	appeal.KindExtended, appeal.KindNoticed, appeal.KindObjection, appeal.KindAnswered,
	appeal.KindAsked, appeal.KindDeclined, appeal.KindReAsk, appeal.KindRecused}

var start = time.Date(2026, 9, 21, 9, 0, 0, 0, appeal.Zone)

// ground offers every remedy that answers can have, so that all ways are walked.
var ground = appeal.Ground{ID: "wrong_object", Remedies: []appeal.Remedy{appeal.Attribute, appeal.Exclude, appeal.ReAsk}, Grievance: true}

func newCase(t interface{ Fatal(...any) }) appeal.Case {
	cal, err := appeal.NewCalendar(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	rules := appeal.Rules{File: 10, Accept: 5, Decide: 30, Notice: 5, Extend: 10, SecondFile: 10, SecondDecide: 20}
	return appeal.Case{Appellant: "worker", Conflicts: map[string]bool{"assessor": true}, Ground: ground,
		Deadlines: rules.From(cal, start, start), Labels: []string{"A", "B", "C", "D"}, Instance: 1, ExtendMax: rules.Extend, NoticeDays: rules.Notice, ReAskMax: 30}
}

func event(t *rapid.T, c *appeal.Case, now time.Time) appeal.Event {
	e := appeal.Event{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), By: rapid.SampledFrom(people).Draw(t, "by"), At: now,
		Reason: rapid.SampledFrom([]string{"", "with a reason"}).Draw(t, "reason")}
	switch e.Kind {
	case appeal.KindAssigned:
		e.Members = rapid.SliceOfN(rapid.SampledFrom(people), 0, 3).Draw(t, "members")
	case appeal.KindRecused:
		e.Members = rapid.SliceOfN(rapid.SampledFrom(people), 0, 2).Draw(t, "members")
		e.By = rapid.SampledFrom(append([]string{""}, people...)).Draw(t, "leaves")
	case appeal.KindVote:
		e.Outcome = rapid.SampledFrom(append([]appeal.Outcome{"worse"}, appeal.Outcomes...)).Draw(t, "outcome")
		e.Affected = rapid.SliceOfN(rapid.SampledFrom([]string{"A", "B", "C", "D", "Z"}), 0, 3).Draw(t, "affected")
	case appeal.KindDecided:
		e.Outcome, e.Affected, _ = c.Tally()
		e.Remedy, e.Party = c.Chosen()
		if rapid.Bool().Draw(t, "forged") {
			e.Outcome = rapid.SampledFrom(appeal.Outcomes).Draw(t, "outcome")
		}
	case appeal.KindRun, appeal.KindSuperseded:
		e.RunID = rapid.SampledFrom([]string{"", "run"}).Draw(t, "run")
	case appeal.KindOverdue:
		e.Step = rapid.SampledFrom([]appeal.Step{"", appeal.StepAccept, appeal.StepDecide, appeal.StepReAsk}).Draw(t, "step")
	case appeal.KindAsked:
		e.Step = rapid.SampledFrom([]appeal.Step{"", appeal.StepAccept, appeal.StepDecide}).Draw(t, "step")
		e.Days = rapid.IntRange(0, 12).Draw(t, "days")
	case appeal.KindReAsk:
		e.Until = after(now, rapid.IntRange(-1, 40).Draw(t, "days"))
	case appeal.KindExtended:
		e.Step = rapid.SampledFrom([]appeal.Step{"", appeal.StepAccept, appeal.StepDecide}).Draw(t, "step")
		e.Days = rapid.IntRange(0, 12).Draw(t, "days")
		e.Until = after(c.Due(), e.Days+rapid.IntRange(-2, 2).Draw(t, "off"))
	case appeal.KindNoticed:
		e.RunID = rapid.SampledFrom([]string{"", "run", "run-2"}).Draw(t, "run")
		e.Until = after(now, rapid.IntRange(3, 7).Draw(t, "days"))
	case appeal.KindObjection, appeal.KindAnswered:
		e.Objection = rapid.SampledFrom([]string{"", "o1", "o2"}).Draw(t, "objection")
	}
	return e
}

func after(t time.Time, days int) *time.Time {
	t = t.AddDate(0, 0, days)
	return &t
}

// model is an independent account of the order of states, kept as plain facts
// instead of a state.
type model struct {
	filed, accepted, panel, decided, run, over bool
	votes                                      map[string]appeal.Outcome // of those who sit
	sits                                       []string
	left                                       map[string]bool
	notice                                     time.Time // end of the public notice
	noticed                                    string    // the run on notice
	open                                       map[string]string
	extended                                   map[appeal.Step]bool
	asked                                      map[string]int // requests by person and step
	waits                                      int            // of them without an answer
	reask                                      time.Time      // last day of the asking anew
}

// likely steers half of the tries to the step that the case waits for, so that
// deep states are reached too.
func likely(t *rapid.T, c *appeal.Case, now time.Time) appeal.Event {
	e := appeal.Event{At: now, Reason: "with a reason"}
	if c.State != appeal.New && rapid.IntRange(0, 19).Draw(t, "withdraw") == 0 {
		e.Kind, e.By = appeal.KindWithdrawn, "worker"
		return e
	}
	switch c.State {
	case appeal.New:
		e.Kind, e.By = appeal.KindFiled, "worker"
	case appeal.Filed:
		e.Kind, e.By = appeal.KindAccepted, "manager"
		if rapid.IntRange(0, 3).Draw(t, "refuse") == 0 {
			e.Kind = appeal.KindRefused
		}
	case appeal.Accepted:
		e.Kind, e.Members = appeal.KindAssigned, []string{"p1", "p2"}
	case appeal.Decided:
		e.Kind, e.RunID = appeal.KindRun, "run"
		if c.Outcome == appeal.Reject {
			e.Kind = appeal.KindClosed
		} else if c.ReAsks() && c.ReAskUntil.IsZero() && rapid.IntRange(0, 3).Draw(t, "reask") > 0 {
			e.Kind, e.RunID, e.By, e.Until = appeal.KindReAsk, "", "manager", after(now, 20)
		}
	case appeal.RunRequested:
		e.Kind, e.By, e.RunID, e.Until = appeal.KindNoticed, "manager", "run", after(now, 5)
	case appeal.Notice:
		e.Kind, e.RunID = appeal.KindSuperseded, c.NoticeRun
		if rapid.Bool().Draw(t, "object") {
			e.Kind, e.By, e.Objection = appeal.KindObjection, "p9", rapid.SampledFrom([]string{"o1", "o2"}).Draw(t, "objection")
		}
		for o := range c.Open {
			e.Kind, e.By, e.Objection = appeal.KindAnswered, "manager", o
		}
	default:
		if o, a, ok := c.Tally(); ok {
			e.Kind, e.Outcome, e.Affected = appeal.KindDecided, o, a
			e.Remedy, e.Party = c.Chosen()
		} else if n := c.FreeSeats(); n > 0 {
			e.Kind = appeal.KindAssigned
			for _, p := range []string{"p1", "p2", "p3", "p4", "p5", "p6"} {
				if len(e.Members) < n && !slices.Contains(c.Panel, p) && !c.Recused[p] {
					e.Members = append(e.Members, p)
				}
			}
		} else if c.State == appeal.Assigned || c.State == appeal.Voting {
			if rapid.IntRange(0, 9).Draw(t, "extend") == 0 {
				e.Kind, e.By, e.Step, e.Days, e.Until = appeal.KindExtended, "manager", appeal.StepDecide, 5, after(c.Due(), 7)
				break
			}
			if rapid.IntRange(0, 9).Draw(t, "recuse") == 0 {
				e.Kind, e.Members = appeal.KindRecused, []string{rapid.SampledFrom(c.Panel).Draw(t, "recused")}
				break
			}
			if rapid.IntRange(0, 9).Draw(t, "ask") == 0 {
				e.Kind, e.By, e.Step, e.Days = appeal.KindAsked, c.Panel[0], appeal.StepDecide, 5
				break
			}
			if len(c.Asked) > 0 && rapid.Bool().Draw(t, "decline") {
				e.Kind, e.By = appeal.KindDeclined, "manager"
				break
			}
			e.Kind, e.By = appeal.KindVote, rapid.SampledFrom(c.Panel).Draw(t, "voter")
			e.Outcome = rapid.SampledFrom(appeal.Outcomes).Draw(t, "vote")
			e.Remedy = rapid.SampledFrom([]appeal.Remedy{"", appeal.Attribute, appeal.Exclude, appeal.ReAsk, appeal.ReAsk, appeal.ReAsk}).Draw(t, "remedy")
			e.Party = rapid.SampledFrom([]appeal.Party{"", appeal.Property, appeal.Market}).Draw(t, "party")
		}
	}
	if s := c.Late(now); s != "" && c.Overdue[s].IsZero() && rapid.Bool().Draw(t, "note") {
		return appeal.Event{Kind: appeal.KindOverdue, At: now, Step: s}
	}
	return e
}

// TestNoPathAroundTheRules tries random histories: no step is skipped, nobody
// votes twice, nobody with an interest decides, the decision is what the votes
// say, and nothing happens after a deadline unless the lateness is on record.
func TestNoPathAroundTheRules(t *testing.T) {
	t.Parallel()
	reached, happened := map[appeal.State]int{}, map[appeal.Kind]int{}
	rapid.Check(t, func(t *rapid.T) {
		for range 8 {
			walk(t, reached, happened)
		}
	})
	for _, s := range appeal.States {
		if reached[s] == 0 {
			t.Errorf("the tries never reached %s: the test proves too little", s)
		}
	}
	for _, k := range kinds {
		if happened[k] == 0 {
			t.Errorf("no try ever was %s: the test proves too little", k)
		}
	}
}

// walk tries one random history.
func walk(t *rapid.T, reached map[appeal.State]int, happened map[appeal.Kind]int) {
	base := newCase(t)
	c := &base
	m := model{votes: map[string]appeal.Outcome{}, open: map[string]string{}, extended: map[appeal.Step]bool{}, asked: map[string]int{}, left: map[string]bool{}}
	now := start
	for range rapid.IntRange(10, 70).Draw(t, "steps") {
		now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 24, 24, 24 * 9, 24 * 40}).Draw(t, "hours")) * time.Hour)
		e := event(t, c, now)
		if rapid.IntRange(0, 3).Draw(t, "likely") > 0 {
			e = likely(t, c, now)
		}
		before, due := c.State, c.Due()
		late := c.Late(now)
		recorded := late == "" || !c.Overdue[late].IsZero()
		n := len(c.Events)
		if err := c.Apply(e); err != nil {
			if c.State != before || len(c.Events) != n {
				t.Fatalf("a refused %s changed the case", e.Kind)
			}
			continue
		}
		if m.over {
			t.Fatalf("%s happened after the end (%s)", e.Kind, before)
		}
		if !recorded && e.Kind != appeal.KindOverdue && e.Kind != appeal.KindWithdrawn {
			t.Fatalf("%s happened after the deadline of %s without record", e.Kind, late)
		}
		m.follow(t, c, e, due)
		reached[c.State]++
		happened[e.Kind]++
	}
	replayed, err := appeal.Replay(newCase(t), c.Events)
	if err != nil || replayed.State != c.State || len(replayed.Votes) != len(c.Votes) {
		t.Fatalf("replay gives %v, %v", replayed, err)
	}
}

// follow checks an event that was accepted against the facts so far.
func (m *model) follow(t *rapid.T, c *appeal.Case, e appeal.Event, due time.Time) {
	must := func(ok bool, format string, args ...any) {
		if !ok {
			t.Fatalf(format, args...)
		}
	}
	switch e.Kind {
	case appeal.KindFiled:
		must(!m.filed && e.By == "worker" && !e.At.After(c.Deadlines.FileBy), "filed twice, by another or late")
		m.filed = true
	case appeal.KindAccepted, appeal.KindRefused:
		must(m.filed && !m.accepted && e.By != "worker" && e.Reason != "", "%s out of order", e.Kind)
		m.accepted = e.Kind == appeal.KindAccepted
		m.waits = 0
		m.over = !m.accepted
	case appeal.KindAssigned:
		must(m.accepted && !m.decided, "assigned before acceptance or after the decision")
		must(len(m.sits) < 2 && len(m.sits)+len(e.Members) == 2 || len(m.sits) == 2 && len(m.votes) == 2 && len(e.Members) == 1, "%d join %d with %d votes", len(e.Members), len(m.sits), len(m.votes))
		for i, p := range c.Panel {
			must(p != "worker" && p != "assessor" && !m.left[p] && !slices.Contains(c.Panel[:i], p), "%s sits on the panel", p)
		}
		m.panel, m.sits = true, append(m.sits, e.Members...)
	case appeal.KindRecused:
		must(len(e.Members) == 1 && slices.Contains(m.sits, e.Members[0]) && !m.decided && (e.By == "" || e.By == e.Members[0]) && e.Reason != "", "recused out of order")
		m.sits = slices.DeleteFunc(m.sits, func(p string) bool { return p == e.Members[0] })
		m.left[e.Members[0]] = true
		delete(m.votes, e.Members[0])
	case appeal.KindVote:
		_, twice := m.votes[e.By]
		must(m.panel && !m.decided && !twice && slices.Contains(m.sits, e.By) && e.Reason != "", "vote by %s out of order", e.By)
		must(slices.Contains(appeal.Outcomes, e.Outcome), "a vote for %q", e.Outcome)
		m.votes[e.By] = e.Outcome
	case appeal.KindDecided:
		n := 0
		for _, o := range m.votes {
			if o == e.Outcome {
				n++
			}
		}
		ranks := make([]int, 0, 3)
		for _, o := range m.votes {
			ranks = append(ranks, slices.Index(appeal.Outcomes, o))
		}
		slices.Sort(ranks)
		middle := len(ranks) == 3 && ranks[1] == slices.Index(appeal.Outcomes, e.Outcome)
		must(!m.decided && (n >= 2 || middle), "decided %s by %v", e.Outcome, m.votes)
		if r := c.Ground.Remedies; e.Outcome != appeal.Reject {
			must(slices.Contains(r, e.Remedy) && (e.Remedy == appeal.Attribute) == (e.Party != ""), "decided with the consequence %s for %q", e.Remedy, e.Party)
		}
		must(e.Outcome != appeal.Reject || len(e.Affected) == 0, "a rejected appeal sets answers aside")
		m.decided, m.waits = true, 0
	case appeal.KindRun:
		must(m.decided && !m.run && c.Outcome != appeal.Reject, "a run before the decision or after a rejection")
		chosen, _ := c.Chosen()
		must(chosen != appeal.ReAsk || !m.reask.IsZero() || e.Reason != "", "the asking anew was passed over in silence")
		m.run = true
	case appeal.KindReAsk:
		chosen, _ := c.Chosen()
		must(m.decided && !m.run && c.Outcome != appeal.Reject && chosen == appeal.ReAsk && m.reask.IsZero() && e.By != "" && e.By != "worker", "residents are asked anew out of order")
		must(e.Until.After(e.At) && e.Until.Sub(e.At) <= 31*24*time.Hour, "asked anew until %s", e.Until)
		m.reask = *e.Until
	case appeal.KindAsked:
		key := e.By + "/" + string(e.Step)
		must(m.filed && !m.decided && (e.By == "worker" || slices.Contains(c.Panel, e.By)) && !e.At.After(due) && !m.extended[e.Step] && e.Reason != "" && e.Days >= 1 && e.Days <= 10, "asked for more time out of order")
		must(m.asked[key] == 0, "%s asks again", key)
		m.asked[key]++
		m.waits++
	case appeal.KindDeclined:
		must(m.waits > 0 && e.By != "" && e.By != "worker" && !slices.Contains(c.Panel, e.By) && e.Reason != "", "declined out of order")
		m.waits = 0
	case appeal.KindSuperseded:
		must(m.run && m.noticed == e.RunID && e.At.After(m.notice) && len(m.open) == 0, "superseded by %s without its public notice", e.RunID)
		m.over = true
	case appeal.KindNoticed:
		must(m.run && e.By != "worker" && e.By != "" && e.Until.Sub(e.At) >= 5*24*time.Hour && e.RunID != m.noticed, "a notice out of order")
		m.noticed, m.notice = e.RunID, *e.Until
	case appeal.KindObjection:
		_, twice := m.open[e.Objection]
		must(m.noticed != "" && !e.At.After(m.notice) && !twice && e.By != "worker", "an objection out of order")
		m.open[e.Objection] = e.By
	case appeal.KindAnswered:
		by, open := m.open[e.Objection]
		must(open && e.Reason != "" && e.By != by && e.By != "worker", "an answer out of order")
		delete(m.open, e.Objection)
	case appeal.KindExtended:
		must(!m.extended[e.Step] && !e.At.After(due) && e.Days >= 1 && e.Days <= 10 && e.Reason != "" && e.By != "worker" && c.Due().Equal(*e.Until), "an extension out of order")
		must(e.Until.Sub(due) >= time.Duration(e.Days)*24*time.Hour, "an extension to %s", e.Until)
		m.extended[e.Step], m.waits = true, 0
	case appeal.KindClosed:
		must(m.decided, "closed before the decision")
		m.over = true
	case appeal.KindWithdrawn:
		must(m.filed && !m.decided && e.By == "worker", "withdrawn out of order")
		m.over = true
	}
	must(len(c.Votes) == len(m.votes) && slices.Equal(c.Panel, m.sits), "%d votes count, %d were cast by who sits", len(c.Votes), len(m.votes))
	cast := 0
	for _, x := range c.Events {
		if x.Kind == appeal.KindVote {
			cast++
		}
	}
	must(len(c.Votes)+len(c.Aside) == cast, "%d votes are kept of %d", len(c.Votes)+len(c.Aside), cast)
}

func TestThreeDifferentVotesMeetInTheMiddle(t *testing.T) {
	t.Parallel()
	c := newCase(t)
	steps := []appeal.Event{
		{Kind: appeal.KindFiled, By: "worker", Reason: "the wrong committee"},
		{Kind: appeal.KindAccepted, By: "manager", Reason: "in time, with evidence"},
		{Kind: appeal.KindAssigned, Members: []string{"p1", "p2"}},
		{Kind: appeal.KindVote, By: "p1", Outcome: appeal.Uphold, Affected: []string{"A", "B"}, Reason: "clear enough"},
		{Kind: appeal.KindVote, By: "p2", Outcome: appeal.Reject, Reason: "not shown"},
		{Kind: appeal.KindAssigned, Members: []string{"p3"}},
		{Kind: appeal.KindVote, By: "p3", Outcome: appeal.Partly, Affected: []string{"B", "C"}, Reason: "one record only"},
	}
	for i, e := range steps {
		e.At = start.Add(time.Duration(i) * time.Hour)
		if err := c.Apply(e); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
	}
	o, affected, ok := c.Tally()
	if !ok || o != appeal.Partly || fmt.Sprint(affected) != "[B]" {
		t.Errorf("decision %s %v %v, want partly on B alone", o, affected, ok)
	}
}
