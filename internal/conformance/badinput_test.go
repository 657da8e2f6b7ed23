package conformance

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// badInput is one way to spoil a data set: set changes the cells of a row that
// begins as good as can be.
type badInput struct {
	name string
	rows int
	set  func(i int, row map[string]any)
}

func all(keys []string, v any) func(int, map[string]any) {
	return func(_ int, row map[string]any) {
		for _, k := range keys {
			row[k] = v
		}
	}
}

var (
	answerColumns = []string{"y", "x", "q", "rating", "I1", "I2", "I3", "I4"}
	weightColumns = []string{"w", "rw1", "rw2", "rw3", "pi"}
	groupColumns  = []string{"g", "h", "unit", "rater", "item"}
)

var badInputs = []badInput{
	{"nothing wrong", 24, nil},
	{"no row", 0, nil},
	{"one row", 1, nil},
	{"two rows", 2, nil},
	{"constant answers", 24, all(answerColumns, 3)},
	{"constant answers that are no binary number", 24, all(answerColumns, 0.1)},
	{"answers of zero", 24, all(answerColumns, 0)},
	{"no answers", 24, all(answerColumns, "")},
	{"one answer", 24, func(i int, row map[string]any) {
		if i > 0 {
			all(answerColumns, "")(i, row)
		}
	}},
	{"one far answer among equal ones", 24, func(i int, row map[string]any) {
		all(answerColumns, 3)(i, row)
		if i == 5 {
			all(answerColumns, 5)(i, row)
		}
	}},
	{"two kinds of answers that the group separates", 24, func(i int, row map[string]any) {
		all(answerColumns, 1+4*(i%2))(i, row)
		row["g"], row["h"] = "ab"[i%2:i%2+1], "ab"[i%2:i%2+1]
	}},
	{"huge answers", 24, func(i int, row map[string]any) { all(answerColumns, float64(1+i%5)*1e60)(i, row) }},
	{"tiny answers", 24, func(i int, row map[string]any) { all(answerColumns, float64(1+i%5)*1e-60)(i, row) }},
	{"negative answers", 24, func(i int, row map[string]any) { all(answerColumns, -1-i%5)(i, row) }},
	{"all weights zero", 24, all(weightColumns, 0)},
	{"a weight of zero", 24, func(i int, row map[string]any) {
		if i%3 == 0 {
			all(weightColumns, 0)(i, row)
		}
	}},
	{"a negative weight", 24, func(i int, row map[string]any) {
		if i == 4 {
			all(weightColumns, -2)(i, row)
		}
	}},
	{"a missing weight", 24, func(i int, row map[string]any) {
		if i == 4 {
			all(weightColumns, "")(i, row)
		}
	}},
	{"huge weights", 24, func(i int, row map[string]any) { all(weightColumns, 1e308)(i, row) }},
	{"weights that differ beyond measure", 24, func(i int, row map[string]any) {
		all(weightColumns, math.Pow(10, float64(12*(i%3)-12)))(i, row)
	}},
	{"population smaller than the sample", 24, all([]string{"N1", "N2", "N"}, 1)},
	{"population of zero", 24, all([]string{"N1", "N2", "N", "n"}, 0)},
	{"complete population", 24, func(_ int, row map[string]any) { row["N1"], row["N2"] = 4, 2 }},
	{"one unit in every stratum", 24, func(i int, row map[string]any) { row["stratum"] = fmt.Sprint("s", row["psu"]) }},
	{"one group, rater and unit", 24, all(groupColumns, "a")},
	{"every row its own group", 24, func(i int, row map[string]any) {
		h := row["h"]
		all(groupColumns, fmt.Sprint("k", i))(i, row)
		row["h"] = h
	}},
	{"no group", 24, all(groupColumns, "")},
	{"nobody answered", 24, all([]string{"resp"}, 0)},
	{"nobody of one class answered", 24, func(_ int, row map[string]any) {
		if row["g"] == "a" {
			row["resp"] = 0
		}
	}},
	{"variances of zero", 24, all([]string{"v", "S", "cost", "size"}, 0)},
	{"negative variances", 24, all([]string{"v", "S", "cost", "size"}, -1)},
	{"p-values out of range", 24, all([]string{"p"}, 1.5)},
	{"more cases than people", 24, func(_ int, row map[string]any) { row["r"], row["n"] = 9, 4 }},
}

// data writes the spoilt file.
func (b badInput) data(t *testing.T) *Frame {
	names := []string{"id", "psu", "stratum", "N1", "N2", "w", "rw1", "rw2", "rw3", "y", "x", "q", "g", "h", "resp", "v", "p", "r", "n",
		"pi", "N", "S", "mean", "X", "cost", "size", "m", "take", "unit", "rater", "item", "rating", "I1", "I2", "I3", "I4",
		"kind", "sd", "moe", "conf", "deff", "response_rate"}
	var out strings.Builder
	out.WriteString(strings.Join(names, ",") + "\n")
	for i := range b.rows {
		w := 1 + float64(i%4)/2
		row := map[string]any{"id": i, "psu": i / 2, "stratum": fmt.Sprint("s", i/8), "N1": 9, "N2": 11,
			"w": w, "rw1": w * float64(i%2) * 2, "rw2": w * float64((i/2)%2) * 2, "rw3": w * float64((i/4)%2) * 2,
			"y": 1 + (i*7)%5, "x": float64(i%11) + 0.25*float64(i%3), "q": 1 + (i*3)%5, "g": "abc"[i%3 : i%3+1], "h": "ab"[(i/3)%2 : (i/3)%2+1],
			"resp": (i / 5) % 2, "v": 0.5 + float64(i%4), "p": float64(i+1) / 30, "r": i % 5, "n": 10 + i,
			"pi": 0.1 + float64(i%5)/10, "N": 100 + i, "S": 1 + i%3, "mean": 3, "X": 5 + i, "cost": 1 + i%2, "size": 20 + i, "m": 2, "take": 5,
			"unit": fmt.Sprint("u", i%4), "rater": fmt.Sprint("r", i%3), "item": fmt.Sprint("i", (i/3)%2), "rating": (i * 5) % 4,
			"I1": i % 3, "I2": (i / 2) % 3, "I3": (i / 3) % 3, "I4": (i * 2) % 3,
			"kind": []string{"proportion", "mean"}[i%2], "sd": 1, "moe": 0.05, "conf": 0.95, "deff": 1.2, "response_rate": 0.5}
		if b.set != nil {
			b.set(i, row)
		}
		for k, n := range names {
			if k > 0 {
				out.WriteByte(',')
			}
			fmt.Fprint(&out, row[n])
		}
		out.WriteByte('\n')
	}
	f, err := ParseFrame([]byte(out.String()))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const (
	sampleDesign = `"design":{"ids":["psu","id"],"strata":"stratum","weight":"w","fpc":["N1","N2"]},`
	oneStage     = `"design":{"ids":"psu","strata":"stratum","weight":"w","lonely":"adjust"},`
	weighted     = `"design":{"weight":"w"},`
)

// inputs holds a design and parameters for every method.
var inputs = map[string]string{
	"A.allocation":               `"params":{"n":60,"min_per_stratum":2},`,
	"A.sample_size":              ``,
	"A.pps_inclusion":            `"params":{"n":5,"systematic_start":0.3},`,
	"A.horvitz_thompson":         `"design":{"inclusion_probability":"pi"},"params":{"y":"y"},`,
	"A.two_stage":                ``,
	"B.mean_total_var":           sampleDesign + `"params":{"vars":["y","x"]},`,
	"B.ratio":                    sampleDesign + `"params":{"numerator":"y","denominator":"x"},`,
	"B.domain":                   sampleDesign + `"params":{"y":"y","by":["g","h"]},`,
	"B.lonely_psu":               oneStage + `"params":{"y":"y","by":"g"},`,
	"B.zero_weights":             oneStage + `"params":{"y":"y","by":"g"},`,
	"B.proportion":               sampleDesign + `"params":{"indicator":"q>=4"},`,
	"B.quantile":                 sampleDesign + `"params":{"y":"y","probs":[0.01,0.5,0.99]},`,
	"B.chisq":                    oneStage + `"params":{"row":"g","col":"h"},`,
	"B.ttest":                    oneStage + `"params":{"formula":"y~h"},`,
	"B.glm":                      sampleDesign + `"params":{"formula":"y~x+g"},`,
	"C.calibrate.linear":         oneStage + `"params":{"vars":["y"],"by":"h","totals":{"(Intercept)":90,"x":400}},`,
	"C.calibrate.raking":         oneStage + `"params":{"vars":["y"],"by":"h","totals":{"(Intercept)":90,"x":400}},`,
	"C.calibrate.logit":          oneStage + `"params":{"vars":["y"],"by":"h","totals":{"(Intercept)":90,"x":400},"bounds":[0.2,5]},`,
	"C.poststratify":             oneStage + `"params":{"vars":["y"],"by":"h","strata":"g","population":{"a":30,"b":40,"c":20}},`,
	"C.rake":                     oneStage + `"params":{"vars":["y"],"by":"h","margins":{"g":{"a":30,"b":40,"c":20},"h":{"a":50,"b":40}}},`,
	"C.trim":                     oneStage + `"params":{"vars":["y"],"by":"h","upper":2.2,"lower":1.1,"strict":true},`,
	"C.nonresponse":              oneStage + `"params":{"respondent":"resp","classes":["g"],"y":"y"},`,
	"D.given":                    weighted + `"params":{"y":"y","ratio_denominator":"x","by":"g","scale":0.5},`,
	"E.location_scale":           `"params":{"k_huber":[1.345,1.5]},`,
	"E.weighted_location":        weighted,
	"E.zero_mad":                 weighted,
	"E.robust_by_group":          weighted + `"params":{"y":"y","by":"g"},`,
	"E.robust_regression":        weighted + `"params":{"formula":"y~x+g"},`,
	"E.robust_survey_mean":       sampleDesign + `"params":{"y":"y"},`,
	"E.robust_survey_regression": sampleDesign + `"params":{"formula":"y~x+g"},`,
	"F.icc":                      `"params":{"columns":["I1","I2","I3","I4"]},`,
	"F.kappa":                    `"params":{"raters":["I1","I2"]},`,
	"F.fleiss":                   `"params":{"columns":["I1","I2","I3","I4"]},`,
	"F.kripp_alpha":              `"params":{"columns":["I1","I2","I3","I4"]},`,
	"F.alpha_omega":              `"params":{"columns":["I1","I2","I3","I4"]},`,
	"F.rasch_RSM":                `"params":{"columns":["I1","I2","I3","I4"]},`,
	"F.rasch_PCM":                `"params":{"columns":["I1","I2","I3","I4"]},`,
	"F.rater_severity":           `"params":{"categories":4},`,
	"G.anova_shrinkage":          `"params":{"y":"y","group":"g"},`,
	"G.case_mix":                 weighted + `"params":{"y":"y","group":"g","casemix":["x","h"]},`,
	"G.fay_herriot":              `"params":{"y":"y","sampling_variance":"v","covariates":["x"]},`,
	"G.funnel":                   `"params":{},`,
	"G.james_stein":              `"params":{"variance":0.5},`,
	"G.lmer":                     weighted + `"params":{"formula":"y~x+(1|g)+(1|h)"},`,
	"G.p_adjust":                 ``,
	"H.dif":                      `"params":{"group":"h","items":["I1","I2","I3"],"total_breaks":[0,2,4,6],"dichotomise_at":2},`,
	"H.group_difference":         weighted + `"params":{"y":"y","group":"h"},`,
	"H.inequality":               weighted + `"params":{"group":"g"},`,
	"H.interviewer_effect":       `"params":{"y":"y","interviewer":"g"},`,
	"H.k_groups":                 `"params":{"y":"y","group":"g"},`,
}

// Every method meets every kind of bad input: it answers with finite figures,
// with null, or with a sentence, and never with NaN, infinity or a panic.
func TestBadInputGivesASentence(t *testing.T) {
	t.Parallel()
	same := []string{"D.JK1", "D.JKn", "D.BRR", "D.Fay", "D.subbootstrap", "D.bootstrap", "D.mrbbootstrap", "D.ACS", "D.other"} // one adapter
	for _, b := range badInputs {
		data := b.data(t)
		for _, method := range Methods() {
			if strings.HasPrefix(method, "test.") || slices.Contains(same, method) {
				continue
			}
			input, ok := inputs[method]
			if !ok {
				t.Errorf("%s: no input here; add one", method)
				continue
			}
			c, err := ParseCase([]byte(`{"case":"c","method":"` + method + `","data":"d.csv",` + input + `"expected":{}}`))
			if err != nil {
				t.Fatalf("%s: %v", method, err)
			}
			c.Data = data
			got, err := call(registry[method], c)
			if err != nil {
				checkSentence(t, b.name+", "+method, err)
				continue
			}
			if b.set == nil && b.rows == 24 && refusals(got) == len(got) && len(got) > 0 {
				t.Errorf("%s refuses good data: %v", method, got)
			}
			checkFinite(t, b.name+", "+method, "", reflect.ValueOf(got))
		}
	}
}

func refusals(got map[string]any) (n int) {
	for _, v := range got {
		if _, ok := v.(Refused); ok {
			n++
		}
	}
	return n
}

func checkSentence(t *testing.T, where string, err error) {
	s := err.Error()
	if strings.Contains(s, "panicked") || strings.Contains(s, "NaN") || strings.Contains(s, "runtime error") || len(s) < 15 {
		t.Errorf("%s: %s", where, s)
	}
}

// checkFinite walks a tree of results.
func checkFinite(t *testing.T, where, path string, v reflect.Value) {
	if !v.IsValid() {
		return
	}
	if v.CanInterface() {
		switch r := v.Interface().(type) {
		case Refused:
			checkSentence(t, where+" "+path, r.Err)
			return
		case PartlyRefused:
			checkSentence(t, where+" "+path, r.Err)
			checkFinite(t, where, path, reflect.ValueOf(r.Rest))
			return
		}
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			checkFinite(t, where, path, v.Elem())
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			checkFinite(t, where, path+"."+fmt.Sprint(k), v.MapIndex(k))
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			checkFinite(t, where, fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			t.Errorf("%s: %s is %v", where, path, f)
		}
	}
}
