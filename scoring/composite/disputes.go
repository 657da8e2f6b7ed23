package composite

import (
	"fmt"

	"gongping/internal/errs"
)

// Disputes are the rules of disputes besides the deadlines of appeals: how far
// a step may be extended, the second instance, the sealed register, and what
// protects a collective complaint. Days are working days where nothing else is
// said.
type Disputes struct {
	ExtendDays       int `json:"extend_days"`        // most by which one step may be extended, once
	SecondFileDays   int `json:"second_file_days"`   // to go to the second instance
	SecondDecideDays int `json:"second_decide_days"` // to decide there
	RegisterMax      int `json:"register_max"`       // open entries of one worker in the sealed register
	RegisterDays     int `json:"register_days"`      // calendar days after which an entry lapses
	ThemeHouseholds  int `json:"theme_households"`   // unrelated households that make a complaint collective
	// ReAskDays are the calendar days within which residents are asked anew
	// where a panel decides so; 0 is what books from before mean: answers are
	// set aside, and nobody is asked in their place.
	ReAskDays int `json:"reask_days,omitempty"`
}

// DefaultDisputes are the rules where a rule book names none.
func DefaultDisputes() Disputes {
	return Disputes{ExtendDays: 10, SecondFileDays: 10, SecondDecideDays: 20, RegisterMax: 5, RegisterDays: 365, ThemeHouseholds: 3, ReAskDays: 30}
}

// DisputeRules are the rules of disputes that hold under this rule book.
func (r *RuleBook) DisputeRules() Disputes {
	if r.Disputes != nil {
		return *r.Disputes
	}
	return DefaultDisputes()
}

// check names the first field that cannot be used.
func (d *Disputes) check() error {
	if d == nil {
		return nil
	}
	for _, f := range []struct {
		name         string
		v, low, high int
	}{
		{"extend_days", d.ExtendDays, 0, 60}, {"second_file_days", d.SecondFileDays, 1, 60}, {"second_decide_days", d.SecondDecideDays, 1, 120},
		{"register_max", d.RegisterMax, 0, 50}, {"register_days", d.RegisterDays, 30, 1100}, {"theme_households", d.ThemeHouseholds, 3, 20},
		{"reask_days", d.ReAskDays, 0, 120},
	} {
		if f.v < f.low || f.v > f.high {
			return errs.New(errs.Invalid, "rule_book.invalid", "the rule book cannot be used").
				At("disputes."+f.name, fmt.Sprint(f.v), fmt.Sprintf("%d to %d", f.low, f.high), "change the field and save again")
		}
	}
	return nil
}
