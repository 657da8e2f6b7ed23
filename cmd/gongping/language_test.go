package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"gongping/internal/errs"
	"gongping/web/locale"
)

// TestFaultsAreToldInChinese holds the wrong uses of a real command tree, and
// errors with catalogue sentences, to what an operator reads under zh_CN.
func TestFaultsAreToldInChinese(t *testing.T) {
	t.Parallel()
	p := locale.Embedded().For(locale.Chinese)
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"help", "nonsense"}, `没有命令 "nonsense"（详见：gongping --help）`},
		{[]string{"draw", "nonsense"}, `没有命令 "nonsense"，可用的命令：`},
		{[]string{"version", "--nonsense"}, "没有选项 --nonsense（详见：gongping version --help）"},
		{[]string{"draw", "reveal"}, "参数个数不对：应为 1 个，实际 0 个"},
		{[]string{"analyze", "--level", "x", "a.csv"}, `选项 --level 的值 "x" 不能用`},
	} {
		root := rootCmd()
		root.SetOut(io.Discard)
		root.SetArgs(tc.args)
		c, err := root.ExecuteContextC(t.Context())
		if err == nil {
			t.Errorf("%v: accepted", tc.args)
			continue
		}
		if misused(err) {
			err = usageError{fmt.Errorf("%w (see: %s --help)", err, c.CommandPath())}
		}
		if got := explained(err, p); len(got) != 1 || len(got[0]) < len(tc.want) || got[0][:len(tc.want)] != tc.want {
			t.Errorf("%v: %q, want %q", tc.args, got, tc.want)
		}
	}

	cell := errs.New(errs.Invalid, "import.area_parent", "the area above is not known").At("row 3, column month", "310", "1 to 60 characters", "")
	if !p.Has(cell.Key) {
		cell.Key = "grade.choice"
	}
	say := p.T(cell.Key)
	file := errs.Wrap(errors.New("no such file"), errs.Invalid, "no.such.key", "the file cannot be read")
	for _, tc := range []struct {
		err  error
		want []string
	}{
		{fmt.Errorf("areas.csv: %w", cell), []string{"areas.csv: 第 3 行 · 月份：" + say[:len(say)-len("。")] + "，实际是“310”，应为：1 至 60 个字"}},
		{errors.Join(file, errors.New("something else")), []string{"the file cannot be read: no such file", "something else"}},
	} {
		if got := explained(tc.err, p); !slices.Equal(got, tc.want) {
			t.Errorf("%q, want %q", got, tc.want)
		}
		if en := explained(tc.err, locale.Embedded().For(locale.English)); !slices.Equal(en, sentences(tc.err)) {
			t.Errorf("in English: %q", en)
		}
	}
}
