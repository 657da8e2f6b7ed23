package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"gongping/internal/errs"
	"gongping/internal/tabular"
	"gongping/scoring/composite"
	"gongping/survey"
	"gongping/survey/instrument"
)

// Mapping says how the table of a finished survey is to be read. It is a small
// YAML file; docs/import-survey.md explains every field.
type Mapping struct {
	Title        instrument.Lang   `yaml:"title"`
	District     string            `yaml:"district"`
	DistrictName string            `yaml:"district_name"`
	OpensOn      string            `yaml:"opens_on"`
	ClosesOn     string            `yaml:"closes_on"`
	ID           string            `yaml:"id"`
	Area         UnitColumn        `yaml:"area"`
	Dimensions   []DimensionText   `yaml:"dimensions"`
	Items        []ItemColumn      `yaml:"items"`
	Scale        map[string]int    `yaml:"scale"`
	DontKnow     []string          `yaml:"dont_know"`
	Declined     []string          `yaml:"declined"`
	Missing      []string          `yaml:"missing"`
	Weight       string            `yaml:"weight"`
	Stratum      string            `yaml:"stratum"`
	Cluster      string            `yaml:"cluster"`
	Covariates   map[string]Recode `yaml:"covariates"`

	opens, closes time.Time
}

// UnitColumn names the column of the unit that is scored, with the codes or
// names that its values stand for.
type UnitColumn struct {
	Column string            `yaml:"column"`
	Codes  map[string]string `yaml:"codes"` // value → 12-digit code of an area that exists or is to be made
	Names  map[string]string `yaml:"names"` // value → name
}

// DimensionText is a dimension of the questionnaire.
type DimensionText struct {
	ID   string          `yaml:"id"`
	Text instrument.Lang `yaml:"text"`
}

// ItemColumn is a column that holds the answers to one item.
type ItemColumn struct {
	Column    string          `yaml:"column"`
	ID        string          `yaml:"id"`
	Text      instrument.Lang `yaml:"text"`
	Dimension string          `yaml:"dimension"`
	Scale     map[string]int  `yaml:"scale"` // where it differs from the others'
}

// Recode takes a covariate from a column; values that are not listed become
// unknown.
type Recode struct {
	Column string            `yaml:"column"`
	Values map[string]string `yaml:"values"`
}

// covariates are the traits that a response can hold, with the values allowed
// ("" for any short text).
var covariates = map[string][]string{"sex": {"m", "f"}, "age_band": nil, "tenure": {"owner", "tenant", "other"}}

var plainID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)

// maxMapping bounds a mapping file.
const maxMapping = 1 << 20

// ReadMapping reads and checks a mapping file. Unknown fields are refused, so
// that a misspelt one is not silently without effect.
func ReadMapping(r io.Reader) (*Mapping, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxMapping+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxMapping {
		return nil, errs.New(errs.TooLarge, "intake.mapping", "the mapping cannot be used").At("mapping", "more than 1 MB", "a small YAML file", "")
	}
	var m Mapping
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&m); err != nil {
		return nil, errs.New(errs.Invalid, "intake.mapping", "the mapping cannot be used").
			At("mapping", yamlFault(err), "YAML with the fields of docs/import-survey.md", "compare it with the example")
	}
	return &m, m.check()
}

// yamlFault is the first line of what the decoder says.
func yamlFault(err error) string {
	if errors.Is(err, io.EOF) {
		return "an empty file"
	}
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	text = strings.TrimPrefix(text, "unmarshal errors:\n  ")
	first, _, _ := strings.Cut(text, "\n")
	return tabular.Visible(strings.ReplaceAll(first, " in type intake.Mapping", ""))
}

func (m *Mapping) check() error {
	bad := func(where, found, want string) error {
		return errs.New(errs.Invalid, "intake.mapping", "the mapping cannot be used").At(where, tabular.Visible(found), want, "change the field and try again")
	}
	if m.Title.In("zh") == "" && m.Title.In("en") == "" {
		return bad("title", "", "a title under zh or en")
	}
	if survey.LevelOf(m.District) != survey.District || strings.Trim(m.District, "0123456789") != "" {
		return bad("district", m.District, `six digits in quotation marks, for example "990001"`)
	}
	var err error
	if m.opens, err = time.Parse(time.DateOnly, m.OpensOn); err != nil {
		return bad("opens_on", m.OpensOn, "a day such as 2022-11-01")
	}
	if m.closes, err = time.Parse(time.DateOnly, m.ClosesOn); err != nil || m.closes.Before(m.opens) {
		return bad("closes_on", m.ClosesOn, "a day not before opens_on")
	}
	if m.ID == "" || m.Area.Column == "" {
		return bad("id, area.column", "", "the columns that hold the respondent's number and the unit")
	}
	for v, code := range m.Area.Codes {
		if survey.LevelOf(code) != survey.Committee || !survey.Within(code, m.District) || strings.Trim(code, "0123456789") != "" {
			return bad("area.codes."+v, code, "twelve digits that begin with the district's")
		}
	}
	if err := m.checkItems(bad); err != nil {
		return err
	}
	for name, r := range m.Covariates {
		allowed, known := covariates[name]
		if !known || r.Column == "" || len(r.Values) == 0 {
			return bad("covariates."+name, r.Column, "sex, age_band or tenure, with a column and values")
		}
		for v, to := range r.Values {
			if allowed != nil && !slices.Contains(allowed, to) || to == "" || len(to) > 20 {
				return bad("covariates."+name+".values."+v, to, "one of "+strings.Join(allowed, ", ")+" (age_band: a short text)")
			}
		}
	}
	return m.checkColumns(bad)
}

func (m *Mapping) checkItems(bad func(where, found, want string) error) error {
	if len(m.Dimensions) == 0 || len(m.Items) == 0 {
		return bad("dimensions, items", "", "at least one of each")
	}
	dims := map[string]bool{}
	for i, d := range m.Dimensions {
		if !plainID.MatchString(d.ID) || dims[d.ID] {
			return bad(fmt.Sprintf("dimensions[%d].id", i), d.ID, "a unique id of letters, digits, _ and -")
		}
		dims[d.ID] = true
	}
	if err := checkScale("scale", m.Scale, bad); err != nil && len(m.Scale) > 0 {
		return err
	}
	seen := map[string]bool{}
	for i := range m.Items {
		it, at := &m.Items[i], fmt.Sprintf("items[%d]", i)
		if it.ID == "" {
			it.ID = it.Column
		}
		switch {
		case it.Column == "":
			return bad(at+".column", "", "the column that holds the answers")
		case !plainID.MatchString(it.ID) || seen[it.ID]:
			return bad(at+".id", it.ID, "a unique id of letters, digits, _ and -")
		case !dims[it.Dimension]:
			return bad(at+".dimension", it.Dimension, "the id of a dimension")
		case it.Text["zh"] == "" && it.Text["en"] == "":
			return bad(at+".text", "", "the question under zh or en")
		}
		seen[it.ID] = true
		if it.Scale == nil {
			it.Scale = m.Scale
		}
		if err := checkScale(at+".scale", it.Scale, bad); err != nil {
			return err
		}
	}
	return nil
}

// checkScale accepts grades 1 to 5, or the same on the 0–100 scale.
func checkScale(where string, scale map[string]int, bad func(where, found, want string) error) error {
	if len(scale) < 2 {
		return bad(where, "", "at least two values, each with a grade from 1 (worst) to 5 (best)")
	}
	hundred := false
	for _, g := range scale {
		hundred = hundred || g == 0 || g > 5
	}
	for v, g := range scale {
		switch {
		case hundred && g >= 0 && g <= 100 && g%25 == 0:
			scale[v] = g/25 + 1
		case !hundred && g >= 1 && g <= 5:
		default:
			return bad(where+"."+v, strconv.Itoa(g), "1 to 5, or 0, 25, 50, 75 or 100: recode other scales to five grades first")
		}
	}
	return nil
}

// checkColumns refuses a column that is used twice.
func (m *Mapping) checkColumns(bad func(where, found, want string) error) error {
	used := map[string]bool{}
	for _, c := range m.columns() {
		if used[c] {
			return bad("columns", c, "each column of the table once")
		}
		used[c] = true
	}
	return nil
}

// columns lists the columns of the table in the order of spec.
func (m *Mapping) columns() []string {
	list := []string{m.ID, m.Area.Column}
	for _, it := range m.Items {
		list = append(list, it.Column)
	}
	for _, c := range []string{m.Weight, m.Stratum, m.Cluster} {
		if c != "" {
			list = append(list, c)
		}
	}
	for _, name := range []string{"sex", "age_band", "tenure"} {
		if r, ok := m.Covariates[name]; ok {
			list = append(list, r.Column)
		}
	}
	return list
}

// spec is the table as the mapping describes it.
func (m *Mapping) spec() *tabular.Spec {
	s := &tabular.Spec{Name: "survey"}
	for _, c := range m.columns() {
		col := tabular.Column{Name: c, MaxLen: 200}
		switch c {
		case m.ID:
			col.Required, col.Private = true, true
		case m.Weight:
			col.Required, col.Type = true, tabular.Number
		}
		s.Columns = append(s.Columns, col)
	}
	return s
}

// text fills in the other language, so that both are there.
func text(l instrument.Lang) instrument.Lang {
	zh, en := l["zh"], l["en"]
	if zh == "" {
		zh = en
	}
	if en == "" {
		en = zh
	}
	return instrument.Lang{"zh": zh, "en": en}
}

// questionnaire is the instrument that the answers fit.
func (m *Mapping) questionnaire() *instrument.Questionnaire {
	q := &instrument.Questionnaire{Title: text(m.Title), Intro: instrument.Lang{}, Thanks: instrument.Lang{}}
	for _, d := range m.Dimensions {
		q.Dimensions = append(q.Dimensions, instrument.Dimension{ID: d.ID, Text: text(d.Text)})
	}
	for _, it := range m.Items {
		q.Items = append(q.Items, instrument.Item{ID: it.ID, Kind: instrument.Grade5, Text: text(it.Text), Dimension: it.Dimension,
			DontKnow: len(m.DontKnow) > 0, Decline: len(m.Declined) > 0})
	}
	return q
}

// ruleBook scores the residents' ratings alone: a survey from elsewhere brings
// no records and no panel.
func (m *Mapping) ruleBook() *composite.RuleBook {
	b := composite.Default()
	b.Title = text(m.Title)
	for _, n := range leaves(b.Tree, composite.ResidentRating) {
		n.IndicatorWeight = 100
		b.Tree = []composite.Node{n}
		break
	}
	return &b
}
