package tabular

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"gongping/internal/errs"
)

var monthly = &Spec{Name: "monthly", Columns: []Column{
	{Name: "area", Required: true, Type: Code, Digits: []int{6}}, {Name: "month", Required: true}, {Name: "done", Aliases: []string{"办结数"}, Required: true, Type: Number}, {Name: "note"}}}

func readAs(t testing.TB, text string, assigned []Assignment) (rows [][]string, err error) {
	f, err := Open(bytes.NewReader([]byte(text)), int64(len(text)), Limits{Rows: 100})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	_, all, err := f.ReadAs(monthly, assigned)
	if err != nil {
		return nil, err
	}
	for r, err := range all {
		if err != nil {
			return rows, err
		}
		if len(r.Faults) > 0 {
			return rows, r.Faults[0]
		}
		rows = append(rows, []string{r.Get("area"), r.Get("month"), r.Get("done"), r.Get("note")})
	}
	return rows, nil
}

func TestAssignedColumns(t *testing.T) {
	t.Parallel()
	const table = "期间,办成,办成2,=cmd|x,办成2\n2026-09,41,a,b,c\n2026-10,39,,,\n"
	all := []Assignment{{Column: "area", Value: "310104"}, {Column: "month", Header: "期间"}, {Column: "done", Header: " 办成 "}, {Column: "note", Header: "=cmd|x"}}
	rows, err := readAs(t, table, all)
	if err != nil || len(rows) != 2 || !slices.Equal(rows[0], []string{"310104", "2026-09", "41", "b"}) || !slices.Equal(rows[1], []string{"310104", "2026-10", "39", ""}) {
		t.Fatalf("%v %v", rows, err)
	}
	for key, list := range map[string][]Assignment{
		"import.assign_missing": all[:2],
		"import.assign_gone":    {all[0], all[1], {Column: "done", Header: "nowhere"}},
		"import.assign_alike":   {all[0], all[1], {Column: "done", Header: "办成2"}},
		"import.assign_taken":   {all[0], all[1], {Column: "done", Header: "期间"}},
		"import.assign_again":   append(slices.Clone(all), Assignment{Column: "done", Value: "1"}),
		"import.assign_one":     {all[0], all[1], {Column: "done", Header: "办成", Value: "1"}},
		"import.assign_column":  append(slices.Clone(all), Assignment{Column: "salary", Header: "办成"}),
	} {
		_, err := readAs(t, table, list)
		e, ok := errors.AsType[*errs.Error](err)
		if !ok || e.Key != "import.header" || len(e.Details) == 0 || e.Details[0].Key != key {
			t.Errorf("%s: %v", key, err)
		}
	}
	// A value for every row is checked like a cell.
	if _, err := readAs(t, table, []Assignment{{Column: "area", Value: "徐汇"}, all[1], all[2]}); err == nil {
		t.Error("a value that is no code was taken")
	}
	if known := monthly.Known([]string{"期间", "办结数"}); len(known) != 1 || known[0] != (Assignment{Column: "done", Header: "办结数"}) {
		t.Errorf("known: %v", known)
	}
	if !Fits([]string{"期间", "办成"}, all[:3]) || Fits([]string{"期间", "办成", "办成"}, all[:3]) || Fits([]string{"期间"}, all[:3]) || Fits([]string{"期间"}, nil) {
		t.Error("Fits tells a table with the headers from one without")
	}
}

// FuzzAssigned reads any table by any assignment: what comes out is a row, or an
// error with a reason.
func FuzzAssigned(f *testing.F) {
	f.Add("期间,办成\n2026-09,41\n", "期间", "办成", "310104")
	f.Add("a,a\n1,2\n", "a", "\u202e", "=1+1")
	f.Add("\xff\xfe,\"\n", "", "", "")
	f.Fuzz(func(t *testing.T, text, month, done, area string) {
		_, err := readAs(t, text, []Assignment{{Column: "area", Value: area}, {Column: "month", Header: month}, {Column: "done", Header: done}})
		if _, ok := errors.AsType[*errs.Error](err); err != nil && !ok {
			t.Fatalf("no reason: %v", err)
		}
		file, err := Open(strings.NewReader(text), int64(len(text)), Limits{})
		if err != nil {
			return
		}
		defer file.Close()
		if _, first, err := file.Head(3); err == nil && len(first) > 3 {
			t.Fatalf("%d rows of 3", len(first))
		}
	})
}
