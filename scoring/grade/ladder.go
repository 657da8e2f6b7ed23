package grade

import (
	"fmt"

	"gongping/internal/errs"
	"gongping/scoring/composite"
)

// The ladder of three posts and eighteen levels (三岗十八级).
const (
	Posts  = 3
	Levels = 18
)

// Step is where a worker stands.
type Step struct {
	Post  int `json:"post"`  // 1 to Posts
	Level int `json:"level"` // 1 to Levels
}

// Check returns an error that names the field which is out of range.
func (s Step) Check() error {
	for _, f := range []struct {
		name    string
		v, most int
	}{{"post", s.Post, Posts}, {"level", s.Level, Levels}} {
		if f.v < 1 || f.v > f.most {
			return errs.New(errs.Invalid, "ladder.step", "this is no step of the ladder").
				At(f.name, fmt.Sprint(f.v), fmt.Sprintf("1 to %d", f.most), "correct it and save again")
		}
	}
	return nil
}

// Up is one level higher; the last level stays.
func (s Step) Up() Step {
	s.Level = min(s.Level+1, Levels)
	return s
}

// Round is a round's signed outcome for a committee.
type Round struct {
	Grade       string // "" where none was signed
	Reliability float64
	Excused     bool // a trial was excused: it counts neither for nor against

	// How it stands to the round after it in the list's time, the next later one.
	OtherScale   bool // its grades have other names or bounds
	OtherMeasure bool // other scored questions or another way of sampling
	Overlaps     bool // the fieldwork of the two was not one after the other
}

// Consequence is what repeated grades propose.
type Consequence string

// The consequences. None is a proposal that nothing changes.
const (
	None  Consequence = ""
	Level Consequence = "level" // one level up
	Exit  Consequence = "exit"  // a talk about leaving the post
)

// Follow says what the signed grades of a committee's rounds, the latest first,
// propose. A level needs LevelRounds best grades in a row; an exit ExitRounds
// worst grades in a row, each with the reliability that consequences need and
// none excused. A round without a signed grade breaks both, and so do two rounds
// of which the grades do not mean the same or which measure the same weeks; an
// exit also needs that the same was measured in the same way, because what
// changed might be the measure and not the work (decision 0055).
func Follow(rules composite.Grades, gates composite.Gates, rounds []Round) Consequence {
	best, worst := rules.Scale[0].ID, rules.Scale[len(rules.Scale)-1].ID
	run := func(grade string, least int, counts func(Round) bool) bool {
		if len(rounds) < least {
			return false
		}
		for i, r := range rounds[:least] {
			if i > 0 && (r.OtherScale || r.Overlaps || grade == worst && r.OtherMeasure) {
				return false
			}
			if r.Grade != grade || r.Reliability < gates.ConsequenceReliability || !counts(r) {
				return false
			}
		}
		return true
	}
	switch {
	case run(best, max(rules.LevelRounds, gates.ConsequenceRounds), func(Round) bool { return true }):
		return Level
	case run(worst, max(rules.ExitRounds, gates.ConsequenceRounds), func(r Round) bool { return !r.Excused }):
		return Exit
	}
	return None
}
