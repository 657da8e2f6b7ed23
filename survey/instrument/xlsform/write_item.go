package xlsform

import (
	"strconv"
	"strings"

	"gongping/survey/instrument"
	"gongping/survey/instrument/formula"
)

func (w *writer) item(it *instrument.Item) {
	l := line{"name": it.ID, "relevant": formula.Write(it.ShowIf, w.kind), "gongping_dimension": it.Dimension}
	if it.Required {
		l["required"] = "yes"
	}
	r := it.Range
	if r == nil {
		r = &instrument.Range{}
	}
	var limits constraint
	switch it.Kind {
	case instrument.Grade5, instrument.YesNo, instrument.Single, instrument.Multiple:
		l["type"] = "select_one " + w.list(it)
		if it.Kind == instrument.Multiple {
			l["type"] = "select_multiple " + w.list(it)
			limits.exclusive(it)
			limits.count("count-selected", r.MinChoices, r.MaxChoices)
		}
	case instrument.Number:
		l["type"] = "integer"
		if r.Decimals > 0 {
			l["type"], l["gongping_decimals"] = "decimal", strconv.Itoa(r.Decimals)
		}
		l["gongping_step"] = r.Step
		limits.bound(r.Min, r.Max, "", "")
	case instrument.Date:
		l["type"] = "date"
		limits.bound(r.Min, r.Max, "date('", "')")
	case instrument.Text:
		l["type"] = "text"
		if !it.Short {
			l["appearance"] = "multiline"
		}
		limits.count("string-length", r.MinLength, r.MaxLength)
	case instrument.Note:
		l["type"] = "note"
	}
	if !it.Kind.Choice() && it.Kind != instrument.Grade5 && it.Kind != instrument.YesNo {
		l["gongping_dont_know"], l["gongping_decline"] = yesOr(it.DontKnow), yesOr(it.Decline)
	}
	l["constraint"] = strings.Join(limits, " and ")
	w.add(l, it.Text, it.Hint)
	for _, o := range it.Options {
		if o.Other {
			w.words(it, o)
		}
	}
}

// constraint are the conditions on an answer, which all must hold.
type constraint []string

// bound keeps the answer itself between two ends, of which either may be empty.
func (c *constraint) bound(low, high, quote, end string) {
	if low != "" {
		*c = append(*c, ". >= "+quote+low+end)
	}
	if high != "" {
		*c = append(*c, ". <= "+quote+high+end)
	}
}

// count keeps a number that is taken of the answer between two ends, 0 for none.
func (c *constraint) count(what string, low, high int) {
	if low > 0 {
		*c = append(*c, what+"(.) >= "+strconv.Itoa(low))
	}
	if high > 0 {
		*c = append(*c, what+"(.) <= "+strconv.Itoa(high))
	}
}

// exclusive lets nothing stand beside an option that excludes the others.
func (c *constraint) exclusive(it *instrument.Item) {
	alone := func(quoted string) {
		*c = append(*c, "not(selected(., "+quoted+") and count-selected(.) > 1)")
	}
	for _, o := range it.Options {
		if o.Exclusive {
			alone(formula.Quote(o.Code))
		}
	}
	if it.DontKnow {
		alone("'dk'")
	}
	if it.Decline {
		alone("'declined'")
	}
}
