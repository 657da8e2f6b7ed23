package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"gongping/internal/app/intake"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/tabular"
)

// columnFlags say how the table of another office is read whose headers are not
// ours: column by column, or as it was remembered under a name.
type columnFlags struct {
	from, values   []string
	name, remember string
}

func (f *columnFlags) add(fl *pflag.FlagSet) {
	fl.StringArrayVar(&f.from, "column", nil, "COLUMN=HEADER: take our column from the file's column with this header (repeat for each)")
	fl.StringArrayVar(&f.values, "value", nil, "COLUMN=VALUE: one value for every row, where the file has no such column")
	fl.StringVar(&f.name, "columns", "", "name of remembered columns to read the file with")
	fl.StringVar(&f.remember, "remember", "", "after the import remember the columns under this name, for the next file of the kind")
}

// assigned are the assignments that the flags say; those of --columns first, so
// that --column and --value change single ones.
func (f *columnFlags) assigned(ctx context.Context, svc *intake.Service, who authz.Actor, k intake.Kind) (out []tabular.Assignment, err error) {
	if f.name != "" {
		list, err := svc.Mappings(ctx, who, k)
		if err != nil {
			return nil, err
		}
		var names []string
		for _, m := range list {
			if names = append(names, m.Name); m.Name == f.name {
				out = m.Columns
			}
		}
		if out == nil {
			return nil, errs.New(errs.NotFound, "intake.mapping_unknown", "no columns are remembered under this name").
				At("--columns", f.name, "one of: "+strings.Join(names, ", "), "assign the columns with --column and keep them with --remember")
		}
	}
	set := func(flag string, pairs []string, make func(column, what string) tabular.Assignment) error {
		for _, pair := range pairs {
			column, what, ok := strings.Cut(pair, "=")
			if column = strings.TrimSpace(column); !ok || column == "" || what == "" {
				return errs.New(errs.Invalid, "intake.assign_flag", "a column is assigned as NAME=WHAT").At(flag, pair, "for example area=所属居委", "")
			}
			kept := out[:0:0]
			for _, a := range out {
				if a.Column != column {
					kept = append(kept, a)
				}
			}
			out = append(kept, make(column, what))
		}
		return nil
	}
	if err := set("--column", f.from, func(c, w string) tabular.Assignment { return tabular.Assignment{Column: c, Header: w} }); err != nil {
		return nil, err
	}
	if err := set("--value", f.values, func(c, w string) tabular.Assignment { return tabular.Assignment{Column: c, Value: w} }); err != nil {
		return nil, err
	}
	if f.remember != "" && len(out) == 0 {
		return nil, errs.New(errs.Invalid, "intake.assign_none", "no column was assigned").At("--remember", f.remember, "columns to remember", "assign them with --column")
	}
	return out, nil
}

// strange shows what headers the file has, and with what flags to read them.
func strange(p *intake.Preview) string {
	var b strings.Builder
	b.WriteString("the headers are not ours; the file has these columns:\n")
	for i, h := range p.Headers {
		var first []string
		for _, row := range p.Samples {
			if i < len(row) && row[i] != "" {
				first = append(first, row[i])
			}
		}
		fmt.Fprintf(&b, "  %s: %s\n", h, strings.Join(first, " | "))
	}
	b.WriteString("say what they are with --column COLUMN=HEADER, and --value COLUMN=VALUE for what the file lacks\n")
	return b.String()
}
