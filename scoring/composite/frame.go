package composite

import (
	"fmt"

	"gongping/survey/frame"
)

// Frame are the limits beyond which a frame is frozen only with a signed reason,
// as shares from 0 to 1; 0 leaves a point unchecked.
type Frame struct {
	Coverage      float64 `json:"coverage"`       // largest deviation of a cell from the census
	MinCell       int     `json:"min_cell"`       // smallest census cell that is judged
	NoContact     float64 `json:"no_contact"`     // without any contact channel
	NearDuplicate float64 `json:"near_duplicate"` // near-duplicates
	Inactive      float64 `json:"inactive"`       // moved or deceased but still listed
	Changed       float64 `json:"changed"`        // added or removed since the last frame
	Missing       float64 `json:"missing"`        // in the second source only
	PlantedMissed int     `json:"planted_missed"` // planted checks that may be missing
}

// DefaultFrame are the limits where a rule book names none.
func DefaultFrame() Frame {
	return Frame{Coverage: 0.20, MinCell: 100, NoContact: 0.10, NearDuplicate: 0.01, Inactive: 0.05, Changed: 0.20, Missing: 0.05}
}

// FrameLimits are the limits for a frame under this rule book.
func (r *RuleBook) FrameLimits() frame.Limits {
	f := DefaultFrame()
	if r.Frame != nil {
		f = *r.Frame
	}
	planted := f.PlantedMissed
	if planted == 0 {
		planted = -1 // to frame.Limits 0 means unchecked
	}
	return frame.Limits{Coverage: f.Coverage, MinCell: f.MinCell, NoContact: f.NoContact, NearDuplicate: f.NearDuplicate, Inactive: f.Inactive,
		Changed: f.Changed, Missing: f.Missing, PlantedMissed: planted}
}

func (r *RuleBook) checkFrame(bad func(string, any, string) error) error {
	if r.Frame == nil {
		return nil
	}
	f := r.Frame
	for _, s := range []struct {
		name string
		v    float64
	}{{"coverage", f.Coverage}, {"no_contact", f.NoContact}, {"near_duplicate", f.NearDuplicate}, {"inactive", f.Inactive}, {"changed", f.Changed}, {"missing", f.Missing}} {
		if !(s.v >= 0 && s.v <= 1) {
			return bad("frame."+s.name, s.v, "a share from 0 to 1")
		}
	}
	for name, n := range map[string]int{"min_cell": f.MinCell, "planted_missed": f.PlantedMissed} {
		if n < 0 {
			return bad("frame."+name, fmt.Sprint(n), "0 or more")
		}
	}
	return nil
}
