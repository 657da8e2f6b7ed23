package main

import (
	"slices"
	"strings"
	"testing"

	"gongping/internal/app/intake"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/tabular"
)

func TestColumnsAreAssignedByFlags(t *testing.T) {
	t.Parallel()
	f := columnFlags{from: []string{"area=所属居委", "numerator=办结=按时"}, values: []string{"indicator=hotline_on_time", "area=310104003007"}}
	got, err := f.assigned(t.Context(), nil, authz.Actor{}, intake.Records)
	want := []tabular.Assignment{{Column: "numerator", Header: "办结=按时"}, {Column: "indicator", Value: "hotline_on_time"}, {Column: "area", Value: "310104003007"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v %+v", err, got)
	}
	for _, f := range []columnFlags{{from: []string{"area"}}, {from: []string{"=x"}}, {values: []string{"area="}}, {remember: "月报"}} {
		if _, err := f.assigned(t.Context(), nil, authz.Actor{}, intake.Records); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", f, err)
		}
	}
	text := strange(&intake.Preview{Headers: []string{"所属街镇", "数量"}, Samples: [][]string{{"漕河泾街道", "3"}, {"长桥街道", ""}}})
	for _, s := range []string{"所属街镇: 漕河泾街道 | 长桥街道", "数量: 3\n", "--column"} {
		if !strings.Contains(text, s) {
			t.Errorf("%q lacks %q", text, s)
		}
	}
}
