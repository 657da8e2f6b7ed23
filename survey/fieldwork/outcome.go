package fieldwork

import (
	"time"

	"gongping/internal/errs"
	"gongping/survey/draw"
)

// Final gives the final disposition of a case from the codes of its attempts
// in the order of time. A complete interview decides. Otherwise the last
// attempt that reached somebody or learnt something decides, and a refusal
// among those outweighs a later appointment (SD, "Final disposition codes":
// once refused, a case stays a refusal unless it is interviewed or found not to
// be eligible). Otherwise the last attempt that found the home decides, then
// the last of all. A case without an attempt is NotAttempted.
func Final(codes []Code, complete bool) Code {
	if complete {
		return Complete
	}
	final, rank := NotAttempted, 0
	for _, c := range codes {
		d, ok := Lookup(c)
		if !ok {
			continue
		}
		if r := weightOf(d); r >= rank {
			final, rank = c, r
		}
	}
	return final
}

// weightOf orders what attempts say about a case; of equal ones the later holds.
func weightOf(d Disposition) int {
	switch {
	case d.Code == Complete:
		return 6
	case d.Class == Partial:
		return 5
	case d.Class == NotEligible || d.Ends || d.Class == Refusal:
		return 4
	case d.Reached:
		return 3
	case d.Class == NonContact:
		return 2
	}
	return 1
}

// Stage is where a case stands for the evaluator who holds it.
type Stage string

// The stages.
const (
	Open     Stage = "open"     // not tried yet
	Underway Stage = "underway" // tried, may be tried again
	Agreed   Stage = "agreed"   // an appointment lies ahead
	Done     Stage = "done"     // interviewed
	Ended    Stage = "ended"    // known to bring no interview, or replaced
)

// StageOf gives the stage of a case.
func StageOf(codes []Code, complete, replaced bool, appointment, now time.Time) Stage {
	final := Final(codes, complete)
	d, _ := Lookup(final)
	switch {
	case complete:
		return Done
	case replaced || (d.Ends && final != Complete):
		return Ended
	case len(codes) == 0:
		return Open
	case final == Appointment && appointment.After(now):
		return Agreed
	}
	return Underway
}

// Try is one contact attempt, as the rule of tries sees it.
type Try struct {
	At   time.Time
	Mode Mode
	Code Code
}

// GiveUp says what is still lacking before a case may be given to a reserve:
// nothing where the case has ended by itself (not eligible, unable), else what
// the rule asks and the tries do not show. A completed case is never given up.
func GiveUp(rule draw.Rule, tries []Try) []*errs.Error {
	codes := make([]Code, len(tries))
	attempts := make([]draw.Attempt, len(tries))
	for i, t := range tries {
		codes[i] = t.Code
		attempts[i] = draw.Attempt{At: t.At.In(Zone), Channel: string(t.Mode)}
	}
	final, _ := Lookup(Final(codes, false))
	if final.Code == Complete {
		return []*errs.Error{errs.New(errs.Closed, "release.complete", "the case has an interview")}
	}
	if final.Ends {
		return nil
	}
	return rule.Lacking(attempts)
}
