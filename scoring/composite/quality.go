package composite

import (
	"fmt"
	"maps"
	"slices"
)

// Quality are the rules by which the fieldwork is watched. A rule book without
// them follows DefaultQuality; fields left at zero do so one by one.
type Quality struct {
	// Alpha is the chance of any false finding where nobody cheats.
	Alpha float64 `json:"alpha,omitempty"`
	// BackCheckShare is the random share of finished cases that another person
	// asks again.
	BackCheckShare float64 `json:"back_check_share,omitempty"`
	// ReadAloud and ReadSilent are the most characters a second.
	ReadAloud  float64 `json:"read_aloud,omitempty"`
	ReadSilent float64 `json:"read_silent,omitempty"`
	// FastShare, NightShare, FarShare are shares that are innocent.
	FastShare  float64 `json:"fast_share,omitempty"`
	NightShare float64 `json:"night_share,omitempty"`
	FarShare   float64 `json:"far_share,omitempty"`
	// MatchShare is the share of equal answers from which two are near-copies.
	MatchShare float64 `json:"match_share,omitempty"`
	FirstHour  int     `json:"first_hour,omitempty"`
	LastHour   int     `json:"last_hour,omitempty"`
	FarMetres  float64 `json:"far_metres,omitempty"`
	// DeniedToVerify is the number of residents who say there was no interview
	// from which all of an interviewer's cases are asked again;
	// DeniedToSetAside that from which their answers may be set aside as a whole.
	DeniedToVerify   int `json:"denied_to_verify,omitempty"`
	DeniedToSetAside int `json:"denied_to_set_aside,omitempty"`
	// ItemTypes says how an item is compared in back-checks: 1 factual (does not
	// change), 2 hard to ask, 3 opinion (may change). Others: yes/no 1, numbers
	// and choices 2, grades 3.
	ItemTypes map[string]int `json:"item_types,omitempty"`
}

// DefaultQuality are the rules where a rule book sets none.
func DefaultQuality() Quality {
	return Quality{Alpha: 0.05, BackCheckShare: 0.1, ReadAloud: 8, ReadSilent: 20, FastShare: 0.02, NightShare: 0.02, FarShare: 0.05,
		MatchShare: 0.9, FirstHour: 8, LastHour: 21, FarMetres: 500, DeniedToVerify: 2, DeniedToSetAside: 3}
}

// QualityRules are the rules of the book, completed by the defaults.
func (r *RuleBook) QualityRules() Quality {
	out := DefaultQuality()
	if r.Quality == nil {
		return out
	}
	q := *r.Quality
	for _, f := range []struct{ to, from *float64 }{{&out.Alpha, &q.Alpha}, {&out.BackCheckShare, &q.BackCheckShare}, {&out.ReadAloud, &q.ReadAloud},
		{&out.ReadSilent, &q.ReadSilent}, {&out.FastShare, &q.FastShare}, {&out.NightShare, &q.NightShare}, {&out.FarShare, &q.FarShare},
		{&out.MatchShare, &q.MatchShare}, {&out.FarMetres, &q.FarMetres}} {
		if *f.from != 0 {
			*f.to = *f.from
		}
	}
	for _, f := range []struct{ to, from *int }{{&out.FirstHour, &q.FirstHour}, {&out.LastHour, &q.LastHour},
		{&out.DeniedToVerify, &q.DeniedToVerify}, {&out.DeniedToSetAside, &q.DeniedToSetAside}} {
		if *f.from != 0 {
			*f.to = *f.from
		}
	}
	out.ItemTypes = maps.Clone(q.ItemTypes)
	return out
}

// checkQuality tells whether the rules can be followed.
func (r *RuleBook) checkQuality(bad func(where string, found any, want string) error) error {
	q := r.QualityRules()
	for _, f := range []struct {
		name      string
		v         float64
		low, high float64
	}{
		{"alpha", q.Alpha, 0.001, 0.2}, {"back_check_share", q.BackCheckShare, 0.01, 1}, {"read_aloud", q.ReadAloud, 3, 20}, {"read_silent", q.ReadSilent, 5, 60},
		{"fast_share", q.FastShare, 0.001, 0.5}, {"night_share", q.NightShare, 0.001, 0.5}, {"far_share", q.FarShare, 0.001, 0.5}, {"match_share", q.MatchShare, 0.6, 1},
		{"first_hour", float64(q.FirstHour), 5, 12}, {"last_hour", float64(q.LastHour), 17, 23}, {"far_metres", q.FarMetres, 50, 10000},
		{"denied_to_verify", float64(q.DeniedToVerify), 1, 20}, {"denied_to_set_aside", float64(q.DeniedToSetAside), float64(q.DeniedToVerify), 50},
	} {
		if !(f.v >= f.low && f.v <= f.high) {
			return bad("quality."+f.name, f.v, fmt.Sprintf("from %g to %g", f.low, f.high))
		}
	}
	for _, item := range slices.Sorted(maps.Keys(q.ItemTypes)) {
		if t := q.ItemTypes[item]; t < 1 || t > 3 {
			return bad("quality.item_types."+item, t, "1, 2 or 3")
		}
	}
	return nil
}
