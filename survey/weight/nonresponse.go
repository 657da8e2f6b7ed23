package weight

import (
	"fmt"

	"gongping/internal/errs"
)

// Nonresponse is the result of a weighting-class adjustment.
type Nonresponse struct {
	Weights      []float64 // adjusted; zero for nonrespondents
	Factor       []float64 // per class: Σw of all over Σw of respondents
	Respondents  []int     // per class
	ResponseRate float64   // weighted: Σw of respondents over Σw of all
}

// AdjustNonresponse gives the weight of the nonrespondents of each class to
// the respondents of the same class:
//
//	w'_i = w_i Σ_{class} w / Σ_{class, responded} w,   0 for nonrespondents
//
// (Särndal & Lundström 2005, section 7.2.2). It assumes that within a class
// answering does not depend on the answer. A class with weight but without a
// respondent is an error: it has to be merged with another by rule, before the
// results are known.
func AdjustNonresponse(base []float64, responded []bool, class Factor) (*Nonresponse, error) {
	mustMatch("responded", len(responded), len(base))
	mustMatch("class", len(class.Codes), len(base))
	if err := checkWeights(base); err != nil {
		return nil, err
	}
	k := len(class.Levels)
	all, resp := make([]float64, k), make([]float64, k)
	out := &Nonresponse{Weights: make([]float64, len(base)), Factor: make([]float64, k), Respondents: make([]int, k)}
	for i, w := range base {
		c := class.Codes[i]
		all[c] += w
		if responded[i] {
			resp[c] += w
			out.Respondents[c]++
		}
	}
	sumAll, sumResp := 0.0, 0.0
	for c := range all {
		sumAll += all[c]
		sumResp += resp[c]
		switch {
		case all[c] == 0:
			out.Factor[c] = 1
		case resp[c] == 0:
			return nil, errs.New(errs.Invalid, "weight.class_without_respondent",
				"nobody of class %q of %s answered", class.Levels[c], class.Name).
				At("class "+class.Levels[c], fmt.Sprintf("%g weighted nonrespondents", all[c]),
					"at least one respondent", "merge the class with a similar one")
		default:
			out.Factor[c] = all[c] / resp[c]
		}
	}
	for i, w := range base {
		if responded[i] {
			out.Weights[i] = w * out.Factor[class.Codes[i]]
		}
	}
	out.ResponseRate = sumResp / sumAll
	return out, nil
}
