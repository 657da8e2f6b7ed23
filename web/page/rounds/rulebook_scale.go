package rounds

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/errs"
	"gongping/scoring/composite"
	"gongping/web/locale"
)

// gradeRow is a grade of the scale in the form; Error says that it is the one
// that cannot be used.
type gradeRow struct {
	composite.Band
	Error string
}

// criterionRow is a criterion of the panel in the form, with its levels and blank
// ones.
type criterionRow struct {
	composite.Criterion
	No     int
	Name   string // in the reader's language
	New    bool   // the blank one at the end
	Levels []levelRow
	Error  string
}

// Open tells whether a level of it is at fault, so that its part stands open.
func (r criterionRow) Open() bool {
	return slices.ContainsFunc(r.Levels, func(l levelRow) bool { return l.Error != "" })
}

// levelRow describes the ratings From to To; both are empty in a blank row.
type levelRow struct {
	From, To string
	Text     map[string]string
	Error    string
}

// blankLevels is how many rows for further levels a criterion offers.
const blankLevels = 2

// scaleOf reads the grades from the form; a form without them leaves them.
func scaleOf(c *gin.Context, from []composite.Band) []composite.Band {
	if _, ok := c.GetPostForm("grade.0.from"); !ok {
		return from
	}
	return bandsOf(c, "grade")
}

// bandsOf reads rows of id, both texts and the lowest score; rows without a text
// do not count, and an id that is missing is made.
func bandsOf(c *gin.Context, name string) (out []composite.Band) {
	for i := range maxItems {
		at := name + "." + strconv.Itoa(i)
		from, ok := c.GetPostForm(at + ".from")
		if !ok {
			break
		}
		if text := textOf(c, at); len(text) > 0 {
			id := strings.TrimSpace(c.PostForm(at + ".id"))
			if id == "" {
				id = name + strconv.Itoa(i+1)
			}
			out = append(out, composite.Band{ID: id, Text: text, From: realOf(from)})
		}
	}
	return out
}

// criteriaOf reads the panel's criteria from the form. What equals the built-in
// ones stays unsaid in the book, as it was.
func criteriaOf(c *gin.Context, from []composite.Criterion) []composite.Criterion {
	if _, ok := c.GetPostForm("criterion.0.zh"); !ok {
		return from
	}
	var out []composite.Criterion
	for i := range maxItems {
		at := "criterion." + strconv.Itoa(i)
		if _, ok := c.GetPostForm(at + ".zh"); !ok {
			break
		}
		text := textOf(c, at)
		if len(text) == 0 {
			continue
		}
		k := composite.Criterion{ID: strings.TrimSpace(c.PostForm(at + ".id")), Text: text}
		if k.ID == "" {
			k.ID = "criterion_" + strconv.Itoa(i+1)
		}
		for j := range maxItems {
			level := at + ".level." + strconv.Itoa(j)
			if _, ok := c.GetPostForm(level + ".from"); !ok {
				break
			}
			if text := textOf(c, level); len(text) > 0 {
				k.Levels = append(k.Levels, composite.ScaleLevel{From: number(c, level+".from"), To: number(c, level+".to"), Text: text})
			}
		}
		out = append(out, k)
	}
	if len(from) == 0 && reflect.DeepEqual(out, composite.DefaultCriteria()) {
		return nil
	}
	return out
}

// scale fills the rows of grades and criteria and marks the one at fault.
func (f *ruleBookForm) scale(p *locale.Printer, b *composite.RuleBook, fault error) {
	where := ""
	if e, ok := errors.AsType[*errs.Error](fault); ok {
		where = e.Where
	}
	mark := func(at string) string {
		if where == at {
			f.name(where, words(p, where))
			return p.T("rulebook.row_fault")
		}
		return ""
	}
	for i, g := range append(b.GradeRules().Scale, composite.Band{}) {
		f.Grades = append(f.Grades, gradeRow{g, mark(fmt.Sprintf("grades.scale[%d]", i))})
	}
	for i, k := range append(b.PanelCriteria(), composite.Criterion{}) {
		at := fmt.Sprintf("criteria[%d]", i)
		row := criterionRow{Criterion: k, No: i, Name: textIn(k.Text, string(p.Lang())), New: len(k.Text) == 0, Error: mark(at)}
		for j, l := range k.Levels {
			row.Levels = append(row.Levels, levelRow{strconv.Itoa(l.From), strconv.Itoa(l.To), l.Text, mark(fmt.Sprintf("%s.levels[%d]", at, j))})
		}
		blank := blankLevels
		if row.New {
			blank = 4
		}
		for range blank {
			row.Levels = append(row.Levels, levelRow{})
		}
		f.Criteria = append(f.Criteria, row)
	}
	if where == "grades.scale" || where == "criteria" {
		f.name(where, words(p, where))
	}
}

// name puts words in the place of a path in the alert.
func (f *ruleBookForm) name(path, words string) {
	for i, line := range f.Alert.Details {
		f.Alert.Details[i] = strings.Replace(line, path, words, 1)
	}
}

var rowPath = regexp.MustCompile(`^(grades\.scale|criteria)(?:\[(\d+)\])?(?:\.levels\[(\d+)\])?$`)

// words names a row of the scale or of the criteria.
func words(p *locale.Printer, path string) string {
	m := rowPath.FindStringSubmatch(path)
	if m == nil {
		return path
	}
	out := p.T(map[string]string{"grades.scale": "rulebook.grades_scale", "criteria": "rulebook.criteria"}[m[1]])
	for _, n := range m[2:] {
		if k, err := strconv.Atoi(n); err == nil {
			out += " · " + p.T("rulebook.row_n", "N", k+1)
		}
	}
	return out
}
