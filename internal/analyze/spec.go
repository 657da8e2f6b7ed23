package analyze

import (
	"slices"

	"gongping/web/locale"
)

// Spec is a checked specification. Parse makes it.
type Spec struct {
	Title      string
	Data       string      // path of the table, relative to the specification
	Lang       locale.Lang // of the report; empty is English
	Level      float64
	MinCell    int
	Design     Design
	Items      []Item
	Scores     []Score
	Covariates []Covariate
	Where      []Condition
	Statistics []Statistic
	// Asked are the columns of the table that are read.
	columns []string
	// asked says where columns are first mentioned, file is the specification's name.
	asked map[string]mention
	file  string
}

// mention is a line and a field of the specification.
type mention struct {
	line  int
	field string
}

// Design names the columns of the sampling design.
type Design struct {
	ID       string
	Weight   string
	Strata   string
	Clusters []string // at most two stages
	FPC      []string // population sizes, by stage
	Nest     bool
	Lonely   string
	Rake     []Margin
	// Population is what the raked weights sum to; 0 keeps the sum of the
	// weights before raking.
	Population float64
}

// Margin is a raking margin: counts or shares by value of a column.
type Margin struct {
	Column string
	Totals map[string]float64
	line   int
}

// Item is a column with its label and recodes.
type Item struct {
	Column   string
	Label    string
	DontKnow []string
	Missing  []string
	Scale    map[string]float64 // value to points; nil reads the value as a number
	Low      float64            // with High: low..high becomes 0..100
	High     float64
	line     int
}

// Score is the mean of the answered items of a row.
type Score struct {
	Name, Label string
	Items       []string
	MinAnswered int
	line        int
}

// Covariate is a case-mix variable: a category, or a number, as it is or through
// a function. Times multiplies it with another one, whose own terms stand beside.
type Covariate struct {
	Column string
	Number bool
	As     string // category, number, or a key of transforms
	Times  *Covariate
	line   int
}

// Condition is one comparison of a filter; all must hold.
type Condition struct {
	Column string
	Op     string // = != < <= > >= in
	Values []string
	text   string
}

// Statistic is one request.
type Statistic struct {
	Stat       string
	Title      string
	Of         []string
	By         []string
	Where      []Condition
	Total      string // shown, all, none
	Method     string
	At         []float64
	Rule       string
	Values     []string
	Over       string // denominator of a ratio or funnel, second factor of chisq
	Group      string // two values for a t-test
	Adjust     bool
	Covariates []Covariate
	Family     string
	Correction string
	Alpha      float64
	Unit       string
	Bands      []float64
	Worst      int
	Bootstrap  int // replicates of the bootstrap beside the linearised errors; 0 = none
	Gates      map[string]float64
	Evidence   map[string]string
	Answers    bool
	line       int
}

// kinds are the statistics with the fields that each of them takes beside stat,
// of, by, where, title.
var kinds = map[string]struct {
	about  string
	fields []string
}{
	"mean":        {"weighted means by group, with design-based errors, with `bootstrap` (number of replicates) also resampled", []string{"total", "bootstrap"}},
	"total":       {"weighted totals", []string{"total"}},
	"proportion":  {"share of answers among `values`", []string{"values", "method", "total"}},
	"quantile":    {"weighted quantiles `at` [0.5] by `rule`, Woodruff intervals", []string{"at", "rule", "method", "total"}},
	"ratio":       {"ratio of the total of `of` to that of `over`", []string{"over", "total"}},
	"dist":        {"distribution of the answers, don't know and missing apart", nil},
	"ttest":       {"difference of two groups of `group` (or of a mean from 0)", []string{"group"}},
	"chisq":       {"two-way table of `of` and `over`, Rao-Scott test", []string{"over"}},
	"regression":  {"design-based regression on `covariates`", []string{"covariates", "family", "values"}},
	"compare":     {"which groups can be told apart, optionally with case mix taken out", []string{"adjust", "covariates", "correction", "alpha"}},
	"robust":      {"Huber and Tukey means, median, trimmed mean beside the mean", nil},
	"icc":         {"intraclass correlations of several rater columns, or of answers within `by`", nil},
	"alpha":       {"Cronbach's alpha of the items in `of`", nil},
	"interviewer": {"interviewer effect; `unit` is the interviewer", []string{"unit"}},
	"inequality":  {"Gini, Theil and others of an amount per row", nil},
	"funnel":      {"share of `values` (or `of` over `over`) per `unit` against funnel limits", []string{"unit", "over", "values"}},
	"fair_score":  {"raw, EB, Huber and official score per `unit`, as in the service's runs", []string{"unit", "adjust", "covariates", "bands", "gates", "worst", "evidence", "answers"}},
}

// kindNames are the statistics in the order of the documentation.
var kindNames = []string{"mean", "total", "proportion", "quantile", "ratio", "dist", "ttest", "chisq", "regression", "compare",
	"robust", "icc", "alpha", "interviewer", "inequality", "funnel", "fair_score"}

// use registers a column that must be read.
func (s *Spec) use(line int, field string, names ...string) {
	for _, n := range names {
		if n == "" {
			continue
		}
		if _, ok := s.asked[n]; !ok {
			s.asked[n] = mention{line, field}
			s.columns = append(s.columns, n)
		}
	}
}

// score returns the score of a name.
func (s *Spec) score(name string) *Score {
	i := slices.IndexFunc(s.Scores, func(c Score) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &s.Scores[i]
}

// item returns the recodes of a column, empty ones for a column without.
func (s *Spec) item(column string) Item {
	if i := slices.IndexFunc(s.Items, func(c Item) bool { return c.Column == column }); i >= 0 {
		return s.Items[i]
	}
	return Item{Column: column}
}

// label is what a variable is called in a table.
func (s *Spec) label(name string) string {
	if c := s.score(name); c != nil && c.Label != "" {
		return c.Label
	}
	if l := s.item(name).Label; l != "" {
		return l
	}
	return name
}
