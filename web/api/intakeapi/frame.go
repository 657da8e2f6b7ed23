package intakeapi

import (
	"gongping/internal/app/intake"
	"gongping/survey/frame"
)

// Frame is a frame with its audit.
type Frame struct {
	intake.FrameLine
	Audit      *Audit                 `json:"audit,omitempty" doc:"Only for those whose area holds the whole frame"`
	Committees []intake.CommitteeLine `json:"committees"`
	Mine       bool                   `json:"mine" doc:"The whole frame lies within the caller's area"`
	RuleBooks  [][2]string            `json:"rule_books,omitempty" doc:"Id and title of those whose limits a freeze may take"`
}

// Audit is how far a frame is complete.
type Audit struct {
	Counts       map[string]*int    `json:"counts,omitempty" doc:"null where fewer than 10 persons"`
	Limits       Limits             `json:"limits"`
	LimitsOf     string             `json:"limits_of,omitempty" doc:"Rule book that set the limits; empty for the built-in ones"`
	Census       *intake.Census     `json:"census,omitempty"`
	Coverage     []Coverage         `json:"coverage,omitempty"`
	Previous     string             `json:"previous,omitempty" doc:"Id of the frozen frame of the same name before"`
	PreviousName string             `json:"previous_name,omitempty"`
	Change       *Change            `json:"change,omitempty"`
	Second       *Compare           `json:"second,omitempty" doc:"Comparison with another register"`
	SecondFrom   *intake.Origin     `json:"second_from,omitempty"`
	Planted      *Planted           `json:"planted,omitempty" doc:"Outcome of persons planted as a check"`
	PlantedFrom  *intake.Origin     `json:"planted_from,omitempty"`
	Deviations   []intake.Deviation `json:"deviations"`
}

// Limits are the bounds beyond which a freeze needs a signed reason.
type Limits struct {
	Coverage      float64 `json:"coverage" doc:"Largest relative difference to the census in a cell"`
	MinCell       int     `json:"min_cell" doc:"Smallest census cell that is judged"`
	NoContact     float64 `json:"no_contact"`
	NearDuplicate float64 `json:"near_duplicate"`
	Inactive      float64 `json:"inactive"`
	Changed       float64 `json:"changed"`
	Missing       float64 `json:"missing"`
	PlantedMissed int     `json:"planted_missed"`
}

// Coverage is a cell of frame and census.
type Coverage struct {
	Area   string   `json:"area"`
	Sex    string   `json:"sex"`
	Band   string   `json:"band"`
	Frame  int      `json:"frame"`
	Census int      `json:"census"`
	Ratio  *float64 `json:"ratio" doc:"null where the census counts nobody"`
}

// Change is the difference to the frame before.
type Change struct {
	Before             int            `json:"before"`
	After              int            `json:"after"`
	Added              int            `json:"added"`
	Removed            int            `json:"removed"`
	Moved              int            `json:"moved" doc:"The same person in another committee"`
	RemovedByCommittee map[string]int `json:"removed_by_committee,omitempty"`
}

// Compare is what two registers have in common.
type Compare struct {
	Both        int                `json:"both"`
	OnlyFrame   int                `json:"only_frame"`
	OnlySecond  int                `json:"only_second"`
	Elsewhere   int                `json:"elsewhere" doc:"Of only_second: the frame has them under another committee"`
	Estimate    float64            `json:"estimate,omitempty" doc:"Persons that both suggest (Chapman 1951)"`
	ByCommittee map[string]Compare `json:"by_committee,omitempty"`
}

// Planted is the outcome of planted persons.
type Planted struct {
	Found  int `json:"found"`
	Missed int `json:"missed"`
}

func frameOf(d *intake.FrameDetail) Frame {
	out := Frame{FrameLine: d.FrameLine, Committees: d.Committees, Mine: d.Mine, RuleBooks: d.RuleBooks}
	if d.Audit != nil {
		out.Audit = auditOf(d.Audit)
	}
	return out
}

func auditOf(a *intake.Audit) *Audit {
	out := &Audit{Counts: a.Counts, Limits: Limits(a.Limits), LimitsOf: a.LimitsOf, Census: a.Census, Previous: a.Previous, PreviousName: a.PreviousName,
		SecondFrom: a.SecondFrom, PlantedFrom: a.PlantedFrom, Deviations: append([]intake.Deviation{}, a.Deviations...)}
	for _, c := range a.Coverage {
		x := Coverage{Area: c.Area, Sex: string(c.Sex), Band: c.Band, Frame: c.Frame, Census: c.Census}
		if c.Defined {
			x.Ratio = &c.Ratio
		}
		out.Coverage = append(out.Coverage, x)
	}
	if c := a.Change; c != nil {
		out.Change = &Change{c.Before, c.After, c.Added, c.Removed, c.Moved, c.RemovedByCommittee}
	}
	if a.Second != nil {
		c := compareOf(a.Second)
		out.Second = &c
	}
	if a.Planted != nil {
		out.Planted = &Planted{a.Planted.Found, len(a.Planted.Missed)}
	}
	return out
}

func compareOf(c *frame.Compare) Compare {
	out := Compare{Both: c.Both, OnlyFrame: c.OnlyFrame, OnlySecond: c.OnlySecond, Elsewhere: c.Elsewhere, Estimate: c.Estimate}
	for code, x := range c.ByCommittee {
		if out.ByCommittee == nil {
			out.ByCommittee = map[string]Compare{}
		}
		out.ByCommittee[code] = compareOf(x)
	}
	return out
}
