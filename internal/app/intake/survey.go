package intake

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/intakedb"
	"gongping/internal/pg/rounddb"
	"gongping/internal/tabular"
	"gongping/survey"
	"gongping/survey/instrument"
)

const surveyKind Kind = "survey"

// imported is the mode of a response that came in a file.
const imported = "import"

// SurveyPreview is what a finished survey holds.
type SurveyPreview struct {
	*Preview
	Units   []UnitCount // in order of the units' values
	Outside int         // rows without a unit
	Silent  int         // rows without an answer to any item
	answers []surveyRow
	mapping *Mapping
}

// UnitCount is a unit of a finished survey and its number of answers.
type UnitCount struct {
	Value string `json:"value"`
	Code  string `json:"code"`
	Name  string `json:"name"`
	N     int    `json:"n"`
}

// surveyRow is a row that becomes a response. The respondent's number is not
// kept: it only served to find rows that stand twice.
type surveyRow struct {
	unit, stratum, cluster, sex, ageBand, tenure string
	weight                                       float64
	answers                                      instrument.Answers
}

// SurveyOutcome is what the import of a survey made.
type SurveyOutcome struct {
	Outcome
	RoundID         string      `json:"round_id"`
	QuestionnaireID string      `json:"questionnaire_id"`
	RuleBookID      string      `json:"rule_book_id"`
	Units           []UnitCount `json:"units"`
}

// CheckSurvey reads a finished survey by its mapping and writes nothing.
func (s *Service) CheckSurvey(ctx context.Context, who authz.Actor, m *Mapping, src Source, prog Progress) (*SurveyPreview, error) {
	p := &SurveyPreview{Preview: &Preview{Request: Request{Kind: surveyKind}, File: src.Name, Digest: src.Hex(), at: s.Clock.Now()}, mapping: m}
	if m.District != who.District {
		return nil, errs.New(errs.Invalid, "intake.survey_district", "the mapping is for another district").
			At("district", m.District, who.District, "choose the district, or correct the mapping")
	}
	if err := m.questionnaire().Check(); err != nil {
		return nil, err
	}
	spec := m.spec()
	p.Columns = columns(spec)
	err := s.Read(ctx, who, authz.SurveyImport, authz.Object{Area: m.District}, func(ctx context.Context, q querier) error {
		ok, err := p.readRows(ctx, src, spec, prog)
		if err != nil || !ok {
			return err
		}
		return p.nameUnits(ctx, q)
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (p *SurveyPreview) readRows(ctx context.Context, src Source, spec *tabular.Spec, prog Progress) (bool, error) {
	m := p.mapping
	seen, units := map[string]int{}, map[string]int{}
	ok, err := scan(ctx, src, spec, tabular.Limits{Rows: smallRows, Cells: 2000}, p.Preview, prog, func(r *tabular.Row) {
		if other, twice := seen[r.Get(m.ID)]; twice {
			p.fault(r.Fault(m.ID, "intake.row_twice", "two rows say the same", "", "each respondent once", fmt.Sprintf("the other one is row %d", other)))
			return
		}
		seen[r.Get(m.ID)] = r.Number
		row, fine := p.readRow(r)
		switch {
		case !fine:
		case row.unit == "":
			p.Outside++
		case len(row.answers) == 0:
			p.Silent++
		default:
			units[row.unit]++
			p.answers = append(p.answers, row)
		}
	})
	for _, v := range slices.Sorted(maps.Keys(units)) {
		p.Units = append(p.Units, UnitCount{Value: v, N: units[v]})
	}
	p.count("responses", len(p.answers))
	p.count("units", len(p.Units))
	p.count("no_unit", p.Outside)
	p.count("no_answer", p.Silent)
	return ok, err
}

// readRow takes one row apart. false: it has a fault, which is noted.
func (p *SurveyPreview) readRow(r *tabular.Row) (surveyRow, bool) {
	m, fine := p.mapping, true
	row := surveyRow{unit: r.Get(m.Area.Column), weight: 1, answers: instrument.Answers{}}
	if slices.Contains(m.Missing, row.unit) {
		row.unit = ""
	}
	for _, it := range m.Items {
		v := r.Get(it.Column)
		switch grade, graded := it.Scale[v]; {
		case v == "" || slices.Contains(m.Missing, v):
		case slices.Contains(m.DontKnow, v):
			row.answers[it.ID] = instrument.DontKnow
		case slices.Contains(m.Declined, v):
			row.answers[it.ID] = instrument.Declined
		case graded:
			row.answers[it.ID] = strconv.Itoa(grade)
		default:
			fine = false
			known := slices.Sorted(maps.Keys(it.Scale))
			p.fault(r.Fault(it.Column, "intake.off_scale", "an answer is not on the scale", v,
				strings.Join(slices.Concat(known, m.DontKnow, m.Declined), ", ")+" or empty", "add the value to scale, dont_know, declined or missing in the mapping, or correct the cell"))
		}
	}
	if m.Weight != "" {
		if row.weight, _ = strconv.ParseFloat(r.Get(m.Weight), 64); row.weight <= 0 {
			fine = false
			p.fault(r.Fault(m.Weight, "intake.weight", "a weight must be positive", r.Get(m.Weight), "more than 0", "correct the weight, or leave the row out"))
		}
	}
	if m.Stratum != "" {
		row.stratum = r.Get(m.Stratum)
	}
	if m.Cluster != "" {
		row.cluster = r.Get(m.Cluster)
	}
	recode := func(name string) string {
		c, ok := m.Covariates[name]
		if !ok {
			return ""
		}
		return c.Values[r.Get(c.Column)]
	}
	row.sex, row.ageBand, row.tenure = recode("sex"), recode("age_band"), recode("tenure")
	return row, fine
}

// nameUnits gives every unit its code: the mapping's, that of an area of the
// same name under the synthetic street, or the next free one.
func (p *SurveyPreview) nameUnits(ctx context.Context, q querier) error {
	m := p.mapping
	areas, err := intakedb.Areas(ctx, q, m.District, m.District)
	if err != nil {
		return err
	}
	taken, named := map[string]survey.Area{}, map[string]string{}
	for _, a := range areas {
		taken[a.Code] = a
		if a.Parent == m.street() {
			named[a.Name] = a.Code
		}
	}
	used, next := map[string]string{}, 1
	for i := range p.Units {
		u := &p.Units[i]
		if u.Name = m.Area.Names[u.Value]; u.Name == "" {
			u.Name = u.Value
		}
		u.Code = m.Area.Codes[u.Value]
		if u.Code == "" {
			u.Code = named[u.Name]
		}
		for u.Code == "" {
			if next > 999 {
				return errs.New(errs.Invalid, "intake.units", "the survey has more units than a street can hold").
					At(m.Area.Column, strconv.Itoa(len(p.Units)), "at most 999", "give the units codes of their own under area.codes")
			}
			if c := fmt.Sprintf("%s%03d", m.street(), next); taken[c].Code == "" && !slices.Contains(slices.Collect(maps.Values(m.Area.Codes)), c) {
				u.Code = c
			}
			next++
		}
		if other, twice := used[u.Code]; twice {
			return errs.New(errs.Invalid, "intake.mapping", "the mapping cannot be used").
				At("area", other+" / "+u.Value, "a code and name of its own for each unit", "change the field and try again")
		}
		used[u.Code] = u.Value
		taken[u.Code] = survey.Area{Code: u.Code}
	}
	return nil
}

// street is the synthetic street that foreign units are put under.
func (m *Mapping) street() string { return m.District + "901" }

// CommitSurvey writes a checked survey as a closed round of the kind
// "imported": the areas it needs, a questionnaire, a rule book, the round and
// all responses, in one transaction.
func (s *Service) CommitSurvey(ctx context.Context, who authz.Actor, src Source, p *SurveyPreview, prog Progress) (out *SurveyOutcome, err error) {
	if err := p.Err(); err != nil {
		return nil, err
	}
	if len(p.answers) == 0 {
		return nil, errs.New(errs.Invalid, "intake.no_rows", "the table has a header and no rows").
			At(p.File, "no row with a unit and an answer", "at least one", "check the columns of the mapping")
	}
	if err := src.unchanged(p.Preview); err != nil {
		return nil, err
	}
	m := p.mapping
	err = s.Write(ctx, who, authz.SurveyImport, authz.Object{Area: m.District}, func(ctx context.Context, tx *app.Tx) error {
		out = &SurveyOutcome{Outcome: Outcome{ImportID: app.NewID(), Rows: p.Rows}, RoundID: app.NewID(), QuestionnaireID: app.NewID(),
			RuleBookID: app.NewID(), Units: p.Units}
		if err := p.nameUnits(ctx, tx); err != nil { // somebody may have taken a code meanwhile
			return err
		}
		if err := insertBatch(ctx, tx, p.Preview, &out.Outcome, note(map[string]any{"round": out.RoundID})); err != nil {
			return err
		}
		areas, err := p.newAreas(ctx, tx)
		if err != nil {
			return err
		}
		if err := intakedb.UpsertAreas(ctx, tx, m.District, areas); err != nil {
			return err
		}
		if err := p.storeRound(ctx, tx, src, out); err != nil {
			return err
		}
		prog.at(Storing, 0, int64(len(p.answers)))
		if err := intakedb.CopyResponses(ctx, tx, m.District, p.responses(out.RoundID)); err != nil {
			return err
		}
		prog.at(Storing, int64(len(p.answers)), int64(len(p.answers)))
		d := out.detail(p.Preview)
		d["import"] = out.ImportID
		tx.Record("round", out.RoundID, m.District, d)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// newAreas are the areas that the units need and the district does not have.
func (p *SurveyPreview) newAreas(ctx context.Context, q querier) (list []survey.Area, err error) {
	m := p.mapping
	have, err := intakedb.Areas(ctx, q, m.District, m.District)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, a := range have {
		known[a.Code] = true
	}
	add := func(code, name, kind string) {
		if !known[code] {
			known[code] = true
			list = append(list, survey.Area{Code: code, Parent: survey.ParentOf(code), Level: survey.LevelOf(code), Name: name, Kind: kind})
		}
	}
	name := m.DistrictName
	if name == "" {
		name = text(m.Title)["zh"]
	}
	add(m.District, name, imported)
	for _, u := range p.Units {
		add(survey.ParentOf(u.Code), name, imported)
		add(u.Code, u.Name, imported)
	}
	return list, nil
}

// storeRound writes the questionnaire, the rule book and the closed round.
func (p *SurveyPreview) storeRound(ctx context.Context, tx *app.Tx, src Source, out *SurveyOutcome) error {
	m, who := p.mapping, tx.Actor
	for _, doc := range []struct {
		table rounddb.Table
		id    string
		body  any
	}{{rounddb.Questionnaires, out.QuestionnaireID, m.questionnaire()}, {rounddb.RuleBooks, out.RuleBookID, m.ruleBook()}} {
		body, err := json.Marshal(doc.body)
		if err != nil {
			return err
		}
		digest := sha256.Sum256(body)
		err = doc.table.Insert(ctx, tx, m.District, rounddb.Versioned{ID: doc.id, Version: 1, Title: text(m.Title)["zh"], Body: body,
			Digest: digest[:], CreatedAt: tx.Now}, who.AccountID)
		if err != nil {
			return err
		}
	}
	r := survey.Round{ID: out.RoundID, Series: out.RoundID, Version: 1, Kind: "imported", Title: text(m.Title)["zh"], AreaCode: m.District,
		QuestionnaireID: out.QuestionnaireID, QuestionnaireVersion: 1, RuleBookID: out.RuleBookID, RuleBookVersion: 1,
		Plan: survey.Plan{Allocation: "proportional"}, OpensOn: m.opens, ClosesOn: m.closes, CreatedAt: tx.Now}
	if err := rounddb.Insert(ctx, tx, m.District, r, who.AccountID); err != nil {
		return err
	}
	return rounddb.AddEvent(ctx, tx, m.District, out.RoundID, survey.Closed, src.Digest[:], who.AccountID, tx.Now, "imported from "+src.Name)
}

// responses are the answers as stored, with the digest of every other response.
func (p *SurveyPreview) responses(round string) []intakedb.Response {
	codes := map[string]string{}
	for _, u := range p.Units {
		codes[u.Value] = u.Code
	}
	out := make([]intakedb.Response, len(p.answers))
	for i, a := range p.answers {
		body, err := json.Marshal(a.answers)
		if err != nil {
			panic("intake: answers do not encode: " + err.Error())
		}
		id, code := app.NewID(), codes[a.unit]
		stratum := code
		if a.stratum != "" {
			stratum += "#" + a.stratum
		}
		out[i] = intakedb.Response{ID: id, Round: round, Committee: code, Stratum: stratum, Cluster: a.cluster, DesignWeight: a.weight,
			Sex: a.sex, AgeBand: a.ageBand, Tenure: a.tenure, Mode: imported, Answers: body,
			Digest: field.Digest(id, round, 1, imported, a.answers), Day: p.mapping.closes}
	}
	return out
}
