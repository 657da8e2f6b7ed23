package rounds

import (
	"context"

	"gongping/internal/authz"
	"gongping/internal/pg/rounddb"
	"gongping/scoring/composite"
	"gongping/survey/instrument"
)

// Presets are the rule books that a form may start from: the default and three
// local schemes. Ratings by the street and by peers are imported like records, as
// scores from 0 to 100.
var Presets = []string{"residents-60-records-25-panel-15", "residents-60-street-30-peers-10", "panel-30-month-60-street-10", "residents-70-records-30"}

// Preset returns a rule book to start from; an unknown name gives the default.
func Preset(name string) composite.RuleBook {
	book := composite.Default()
	resident, records, panel := book.Tree[0], book.Tree[1], book.Tree[2]
	weigh := func(n composite.Node, w float64) composite.Node { n.IndicatorWeight = w; return n }
	rated := func(id, zh, en string, w float64) composite.Node {
		return composite.Node{ID: id, Text: map[string]string{"zh": zh, "en": en}, Source: composite.Records, IndicatorWeight: w, Lowest: 0, Highest: 100}
	}
	group := func(w float64, children ...composite.Node) composite.Node {
		n := weigh(records, w)
		n.Children = children
		return n
	}
	switch name {
	case "residents-60-street-30-peers-10":
		book.Tree = []composite.Node{weigh(resident, 60), group(40, rated("street_rating", "街道评价", "Rating by the street", 75), rated("peer_rating", "互评", "Peer rating", 25))}
	case "panel-30-month-60-street-10":
		book.Tree = []composite.Node{group(70, rated("monthly_score", "月度考核", "Monthly score", 600./7), rated("street_rating", "街道评价", "Rating by the street", 100./7)), weigh(panel, 30)}
	case "residents-70-records-30":
		book.Tree = []composite.Node{weigh(resident, 70), weigh(records, 30)}
	}
	return book
}

// EnsureDocuments stores the default questionnaire and rule book where the
// district has none yet, so that a first round can be made at once.
func (s *Service) EnsureDocuments(ctx context.Context, who authz.Actor) error {
	list, err := s.Documents(ctx, who, rounddb.Questionnaires)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		q := instrument.Default()
		if _, _, err := s.SaveQuestionnaire(ctx, who, "", &q); err != nil {
			return err
		}
	}
	if list, err = s.Documents(ctx, who, rounddb.RuleBooks); err != nil || len(list) > 0 {
		return err
	}
	b := composite.Default()
	_, _, err = s.SaveRuleBook(ctx, who, "", &b)
	return err
}
