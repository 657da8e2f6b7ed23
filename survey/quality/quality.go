// Package quality looks for interviews that were invented, hurried, copied or
// coached. Every detector has a stated rule, tests every unit it looks at
// (an interviewer, a building on a day, a committee) against a null model that
// is calibrated to this questionnaire and this round, and gives a p-value. Scan
// keeps the rate of false alarms with Benjamini and Hochberg's procedure. A
// finding is a question to a person, never a verdict: nothing here changes or
// removes an answer.
//
// What is looked at on the low side is looked at on the high side: each finding
// has a side, and Pair draws as many counterparts from the other one.
//
// See docs/methods/field-quality.md for rules, sources and measured rates.
package quality

// Detector names a rule.
type Detector string

// The detectors, in the order of the pages.
const (
	TooFast     Detector = "too_fast"      // whole interviews faster than they can be read
	TooFastItem Detector = "too_fast_item" // single questions faster than they can be read
	Burst       Detector = "burst"         // too many interviews in one hour
	Route       Detector = "route"         // two buildings at nearly the same time
	Hours       Detector = "hours"         // calls at night
	StraightLow Detector = "straight_low"  // the same low grade throughout
	StraightTop Detector = "straight_top"  // the same high grade throughout
	Duplicate   Detector = "duplicate"     // near-copies within an interviewer
	Variance    Detector = "variance"      // too little difference between an interviewer's respondents
	UniformLow  Detector = "uniform_low"   // all-bottom answers of one building and day, or committee and hour
	UniformTop  Detector = "uniform_top"   // all-top answers of the same
	Phrase      Detector = "phrase"        // the same sentences in comments
	Digit       Detector = "digit"         // round figures in open numbers and noted times
	Level       Detector = "level"         // sudden change against the earlier round
	Distance    Detector = "distance"      // far from the building, where the device may say so
	Signal      Detector = "signal"        // residents said so themselves; for auditors only

	// What residents did with their receipts, or others in their place; for
	// auditors only.
	Withdrawn      Detector = "withdrawn"       // too many withdrawals
	WithdrawnLevel Detector = "withdrawn_level" // of low, or of high answers
)

// Detectors lists them in the order of the pages.
var Detectors = []Detector{TooFast, TooFastItem, Burst, Route, Hours, StraightLow, StraightTop, Duplicate, Variance,
	UniformLow, UniformTop, Phrase, Digit, Level, Distance, Signal, Withdrawn, WithdrawnLevel}

// AuditorsOnly tells whether a detector looks at what residents do or say after
// they answered. Its findings, its counts and that it ran are for auditors:
// whoever else learned of one would know that somebody acted.
func (d Detector) AuditorsOnly() bool { return d == Signal || d == Withdrawn || d == WithdrawnLevel }

// Side says whether the answers of a unit lie below or above those around it.
type Side string

// The sides.
const (
	Low  Side = "low"
	High Side = "high"
)

func (s Side) other() Side {
	if s == Low {
		return High
	}
	return Low
}

// Kind is what a unit is.
type Kind string

// The kinds of units.
const (
	Interviewer Kind = "interviewer"
	Building    Kind = "building"  // of one day
	Committee   Kind = "committee" // of one hour, or of the round
)

// Response is one answered questionnaire as the detectors see it. Empty
// strings, −1 for Hour, 0 for Seconds, nil for Where mean "not known".
type Response struct {
	ID                  string
	Interviewer         string // "" where the resident answered alone
	Committee, Building string
	Mode                string
	Day                 int // days since 1970
	Hour                int
	Seconds             int
	PerItem             []float64 // seconds of each graded item, 0 where unknown; nil without
	Where               *Reading
	Grades              []int8    // 1 to 5 by graded item, 0 for no opinion or no answer
	Numbers             []float64 // open numbers that were given
	Comment             string
	Signalled           bool
}

// Attempt is a visit or call as it was noted.
type Attempt struct {
	Interviewer, Committee, Building string
	Door                             bool
	At                               int64 // Unix seconds
	Minute                           int   // of the local day
	Where                            *Reading
}

// Reading is what a phone said about its place, with consent: metres to the
// building, and the radius within which it believed to be with 95%.
type Reading struct{ Distance, Accuracy float64 }

// far tells whether a reading says anything (its error is not greater than the
// distance that counts), and whether the phone was farther than that away
// wherever it was within its error.
func (r *Reading) far(metres float64) (says, far bool) {
	if r == nil || r.Accuracy > metres {
		return false, false
	}
	return true, r.Distance-r.Accuracy > metres
}

// Earlier is a committee's level in an earlier round, 0 to 100.
type Earlier struct {
	Committee string
	Mean, SE  float64
}

// Data is a round so far. Characters holds the length of each graded item as
// it is read out; its length is the number of graded items.
type Data struct {
	Characters []int
	Responses  []Response
	// Withdrawn are answers that were taken back with their receipts; only the
	// tests of withdrawals read them.
	Withdrawn []Response
	Attempts  []Attempt
	Earlier   []Earlier
}

// Rules are the thresholds of a round; the rule book sets them.
type Rules struct {
	// Alpha is the chance of any false finding in a scan where nobody cheated,
	// and the expected share of false ones among all: it is shared out equally
	// among the detectors that run.
	Alpha float64
	// ReadAloud and ReadSilent are the most characters a second that can be
	// read out or read; faster is impossible.
	ReadAloud, ReadSilent float64
	// FastShare, NightShare and FarShare are the shares of interviews that may
	// break the rule innocently (wrong clocks, GPS error) before it counts.
	FastShare, NightShare, FarShare float64
	// MatchShare is the share of equal answers from which two are near-copies.
	MatchShare float64
	// FirstHour and LastHour bound the hours in which people are visited.
	FirstHour, LastHour int
	// RouteSeconds is the least time between two buildings.
	RouteSeconds int64
	// FarMetres is the distance from which a visit was not at the building, after
	// the radius of the phone's error has been taken off.
	FarMetres float64
	// Least is the smallest number of interviews a unit is tested with; Cell that
	// of the answers of a building on a day, or of an hour.
	Least, Cell int
	// ItemTime is the part of a question's reading time that its answer takes at
	// the least: a device notes the time of a tap, not of the last word.
	ItemTime float64
	// StraightItems is the number of equal grades from which a questionnaire is
	// one grade throughout.
	StraightItems int
	// RoundShare is the share of multiples of five that is innocent.
	RoundShare float64
	// CommonShare is the share of outsiders from which a pattern is so common
	// that its repetition tells nothing; it is then not counted at all.
	CommonShare float64
	// PhraseMatch is the Jaccard index from which two comments say the same.
	PhraseMatch float64
}

// DefaultRules are the rules that a rule book starts with. Reading aloud goes
// at 4 to 5 characters a second, 8 is beyond speech; silent reading at 5 to 10,
// 20 is skimming (docs/methods/field-quality.md has the sources).
func DefaultRules() Rules {
	return Rules{Alpha: 0.05, ReadAloud: 8, ReadSilent: 20, FastShare: 0.02, NightShare: 0.02, FarShare: 0.05, MatchShare: 0.9,
		FirstHour: 8, LastHour: 21, RouteSeconds: 60, FarMetres: 500, Least: 10, Cell: 3,
		ItemTime: 0.75, StraightItems: 5, RoundShare: 0.2, CommonShare: 0.02, PhraseMatch: 0.6}
}

// Test is one unit looked at by one detector.
type Test struct {
	Detector Detector
	Kind     Kind
	Unit     string // stable over scans of a round
	Side     Side
	// Committee is where the unit lies, "" for interviewers.
	Committee string
	Building  string
	Day, Hour int // -1 where they do not belong to the unit
	// N is what was looked at (interviews, visits, …), Hits how many of them
	// break the rule, Expected how many would by the null model.
	N        int
	Hits     float64
	Expected float64
	P        float64
	// Q is the p-value adjusted within the detector (Benjamini & Hochberg).
	Q       float64
	Flagged bool
	// Responses are the ids of the answers concerned.
	Responses []string
}

// Summary is what a detector did in a scan.
type Summary struct {
	Detector Detector
	// Ran is false where the data for it are missing, such as times or comments.
	Ran             bool
	Tested, Flagged int
	Alpha           float64 // its share
}

// Report is the result of a scan.
type Report struct {
	Tests     []Test // all of them, flagged or not, in a fixed order
	Summaries []Summary
}

// Flagged lists the findings.
func (r *Report) Flagged() []Test {
	var out []Test
	for _, t := range r.Tests {
		if t.Flagged {
			out = append(out, t)
		}
	}
	return out
}

// Scan runs all detectors. The order of the responses and attempts does not
// matter. A unit is flagged at most once by each detector.
func Scan(d *Data, r Rules) *Report {
	x := index(d, r)
	run := map[Detector][]Test{
		TooFast: x.tooFast(), TooFastItem: x.tooFastItem(), Burst: x.bursts(), Route: x.routes(), Hours: x.hours(),
		Duplicate: x.duplicates(), Variance: x.variances(), Phrase: x.phrases(), Digit: x.digits(), Level: x.levels(), Distance: x.distances(),
	}
	run[StraightLow], run[StraightTop] = x.straight()
	run[UniformLow], run[UniformTop] = x.uniform()
	run[Withdrawn], run[WithdrawnLevel] = x.withdrawals()
	// The two tests of withdrawals have one share between them, whether there are
	// withdrawals or not: the share of the others must not tell.
	ran := 0
	for name, tests := range run {
		if len(tests) > 0 && name != WithdrawnLevel {
			ran++
		}
	}
	out := &Report{}
	for _, name := range Detectors {
		tests := run[name]
		s := Summary{Detector: name, Ran: len(tests) > 0, Tested: len(tests)}
		if name == Signal {
			tests = x.signals()
			s.Ran, s.Tested, s.Flagged = true, len(d.Responses), len(tests)
		} else if len(tests) > 0 {
			s.Alpha = r.Alpha / float64(ran)
			if name.AuditorsOnly() {
				s.Alpha /= 2
			}
			s.Flagged = discover(tests, s.Alpha)
		}
		x.sides(tests)
		out.Tests = append(out.Tests, tests...)
		out.Summaries = append(out.Summaries, s)
	}
	return out
}
