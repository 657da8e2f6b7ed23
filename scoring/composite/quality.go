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
	// SuspectCases is how many cases of a finding are asked again at first; once
	// it is confirmed, or once residents deny the interview, all are.
	SuspectCases int `json:"suspect_cases,omitempty"`
	// RouteSeconds is the least time between the doors of two buildings.
	RouteSeconds int `json:"route_seconds,omitempty"`
	// ItemTime is the part of the reading time of a question that its answer
	// takes at the least.
	ItemTime float64 `json:"item_time,omitempty"`
	// StraightItems is the number of equal grades from which a questionnaire is
	// one grade throughout.
	StraightItems int `json:"straight_items,omitempty"`
	// CellAnswers is the smallest number of answers of a building on a day, or of
	// an hour, that is tested.
	CellAnswers int `json:"cell_answers,omitempty"`
	// RoundShare is the share of multiples of five that is innocent.
	RoundShare float64 `json:"round_share,omitempty"`
	// CommonShare is the share of outsiders from which a pattern, or a sentence,
	// is so common that its repetition tells nothing.
	CommonShare float64 `json:"common_share,omitempty"`
	// PhraseMatch is the share of common pairs of letters (Jaccard) from which
	// two comments say the same.
	PhraseMatch float64 `json:"phrase_match,omitempty"`
	// ItemTypes says how an item is compared in back-checks: 1 factual (does not
	// change), 2 hard to ask, 3 opinion (may change). Others: yes/no 1, numbers
	// and choices 2, grades 3.
	ItemTypes map[string]int `json:"item_types,omitempty"`
}

// DefaultQuality are the rules where a rule book sets none.
func DefaultQuality() Quality {
	return Quality{Alpha: 0.05, BackCheckShare: 0.1, ReadAloud: 8, ReadSilent: 20, FastShare: 0.02, NightShare: 0.02, FarShare: 0.05,
		MatchShare: 0.9, FirstHour: 8, LastHour: 21, FarMetres: 500, DeniedToVerify: 2, DeniedToSetAside: 3,
		SuspectCases: 20, RouteSeconds: 60, ItemTime: 0.75, StraightItems: 5, CellAnswers: 3, RoundShare: 0.2, CommonShare: 0.02, PhraseMatch: 0.6}
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
		{&out.MatchShare, &q.MatchShare}, {&out.FarMetres, &q.FarMetres},
		{&out.ItemTime, &q.ItemTime}, {&out.RoundShare, &q.RoundShare}, {&out.CommonShare, &q.CommonShare}, {&out.PhraseMatch, &q.PhraseMatch}} {
		if *f.from != 0 {
			*f.to = *f.from
		}
	}
	for _, f := range []struct{ to, from *int }{{&out.FirstHour, &q.FirstHour}, {&out.LastHour, &q.LastHour},
		{&out.DeniedToVerify, &q.DeniedToVerify}, {&out.DeniedToSetAside, &q.DeniedToSetAside},
		{&out.SuspectCases, &q.SuspectCases}, {&out.RouteSeconds, &q.RouteSeconds}, {&out.StraightItems, &q.StraightItems}, {&out.CellAnswers, &q.CellAnswers}} {
		if *f.from != 0 {
			*f.to = *f.from
		}
	}
	out.ItemTypes = maps.Clone(q.ItemTypes)
	return out
}

// checkQuality tells whether the rules can be followed.
func (r *RuleBook) checkQuality() error {
	q := r.QualityRules()
	if err := within("quality", []bound{
		{"alpha", q.Alpha, 0.001, 0.2}, {"back_check_share", q.BackCheckShare, 0.01, 1}, {"read_aloud", q.ReadAloud, 3, 20}, {"read_silent", q.ReadSilent, 5, 60},
		{"fast_share", q.FastShare, 0.001, 0.5}, {"night_share", q.NightShare, 0.001, 0.5}, {"far_share", q.FarShare, 0.001, 0.5}, {"match_share", q.MatchShare, 0.6, 1},
		{"first_hour", float64(q.FirstHour), 5, 12}, {"last_hour", float64(q.LastHour), 17, 23}, {"far_metres", q.FarMetres, 50, 10000},
		{"denied_to_verify", float64(q.DeniedToVerify), 1, 20}, {"denied_to_set_aside", float64(q.DeniedToSetAside), float64(q.DeniedToVerify), 50},
		{"suspect_cases", float64(q.SuspectCases), 1, 200}, {"route_seconds", float64(q.RouteSeconds), 10, 3600}, {"item_time", q.ItemTime, 0.2, 1},
		{"straight_items", float64(q.StraightItems), 3, 50}, {"cell_answers", float64(q.CellAnswers), 3, 50}, {"round_share", q.RoundShare, 0.2, 0.9},
		{"common_share", q.CommonShare, 0.001, 0.2}, {"phrase_match", q.PhraseMatch, 0.3, 1},
	}); err != nil {
		return err
	}
	for _, item := range slices.Sorted(maps.Keys(q.ItemTypes)) {
		if t := q.ItemTypes[item]; t < 1 || t > 3 {
			return outOfRange("quality.item_types."+item, fmt.Sprint(t), 1, 3)
		}
	}
	return nil
}
