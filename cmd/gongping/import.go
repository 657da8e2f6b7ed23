package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"gongping/internal/app/intake"
	"gongping/internal/authz"
	"gongping/internal/errs"
)

// importFlags are what all imports share.
type importFlags struct {
	district, as       string
	round, name        string
	yes, json, preview bool
	freeze, resumable  bool
	reason, census     string
	second, planted    string
	ruleBook           string
	columns            columnFlags
}

func importCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "import",
		Short: "Bring in areas, workers, residents, indicators, ratings or a finished survey",
		Long: `Reads a CSV (UTF-8, UTF-16 or GB18030; comma, semicolon or tab) or an XLSX file. Headers may
be Chinese or English; "gongping import template KIND" prints an example to fill in.

Every import first checks the whole file and says what it would do: rows, faults by row and
column (what was found, what is expected, how to mend it), and what would change. Only a file
without faults is imported, and then all of it in one transaction: nothing is half-imported.

The order for a new district: areas, workers, frame; indicators and ratings belong to a round.`,
		Example: `  gongping import template areas > areas.csv
  gongping import areas areas.csv --district 310104
  gongping import workers 社工名册.xlsx --preview
  gongping import frame 居民.csv --name "2026 居民库" --yes --freeze
  gongping import indicators 指标.csv --round ROUND-ID
  gongping import survey responses.csv --map mapping.yaml`,
	}
	about := map[intake.Kind]string{
		intake.Areas:       "Import the area tree: district, streets, committees, grids",
		intake.Workers:     "Import the roster of community workers",
		intake.Frame:       "Import a frame of residents to draw samples from",
		intake.Indicators:  "Import objective indicators of a round",
		intake.Ratings:     "Import panel ratings of a round",
		intake.Records:     "Import indicators of a round by month",
		intake.Tickets:     "Import single complaints of a round",
		intake.Departments: "Import the list of functional departments",
		intake.Tasks:       "Import tasks that departments handed down",
		intake.Places:      "Import where buildings stand, for the distance of an interview",
	}
	for _, k := range intake.Kinds {
		c.AddCommand(importKindCmd(k, about[k]))
	}
	c.AddCommand(importSurveyCmd(), importTemplateCmd(), importQuestionnaireCmd())
	return c
}

func importKindCmd(k intake.Kind, short string) *cobra.Command {
	var f importFlags
	c := &cobra.Command{
		Use: string(k) + " FILE", Short: short, Args: cobra.ExactArgs(1),
		Long:    short + ".\n\n" + importLong[k],
		Example: importExample[k],
		RunE:    func(c *cobra.Command, args []string) error { return f.run(c, k, args[0]) },
	}
	f.shared(c)
	fl := c.Flags()
	switch {
	case k.OfRound():
		fl.StringVar(&f.round, "round", "", "id of the round that the figures belong to")
		_ = c.MarkFlagRequired("round")
		f.columns.add(fl)
	case k == intake.Frame:
		fl.StringVar(&f.name, "name", "", "name of the frame, the same for every edition (changes are counted against the last)")
		fl.BoolVar(&f.resumable, "resumable", false, "stage the frame in committed chunks, so that an interrupted import goes on where it stopped (files above 64 MB always are)")
		fl.BoolVar(&f.freeze, "freeze", false, "freeze the frame after the import, so that rounds can draw from it")
		fl.StringVar(&f.reason, "reason", "", "signed reason, where the frame goes beyond the limits of its audit")
		fl.StringVar(&f.census, "census", "", "table of census counts to audit the coverage with (area, sex, age_from, age_to, persons)")
		fl.StringVar(&f.second, "second", "", "list of another register to compare the frame with (person, area)")
		fl.StringVar(&f.ruleBook, "rule-book", "", "id of the rule book whose limits apply to the freeze (default: the built-in ones)")
		fl.StringVar(&f.planted, "planted", "", "list of persons known to live there, who must be in the frame (person, area)")
		_ = c.MarkFlagRequired("name")
	}
	return c
}

var importLong = map[intake.Kind]string{
	intake.Areas: `Columns: code, name, kind (区划代码, 名称, 类别), one row per area with codes of 6, 9, 12 or 15
digits; or one row per lowest area with a code and a name column for each level. Areas are
added and renamed, never removed.`,
	intake.Workers: `Columns: staff, name, post, area (工号, 姓名, 岗位, 区划代码). Workers who are not in the file
stay as they are and are counted.`,
	intake.Frame: `Columns: household, person, area, sex, birth_year (户号, 居民编号, 居委会代码 or 网格代码, 性别,
出生年份); optional: building, tenure, mobile, landline, visit, wechat, status, name, phone,
address. Names and contacts are sealed apart from everything else.`,
	intake.Indicators: `Columns: area, indicator, numerator, denominator (区划代码, 指标, 分子, 分母). A later import
of the same indicator supersedes the earlier one; both are kept.`,
	intake.Ratings: `Columns: area, reviewer, criterion, score, note (区划代码, 评审员, 评审维度, 评分, 说明). A mark
that is there is never changed.`,
	intake.Records: `Columns: area, indicator, month, numerator, denominator (区划代码, 指标, 月份, 分子, 分母);
optional: pending, repeats, exposure (在办未到期, 重复投诉, 工作量基数). A later import of the same
month supersedes the earlier one; both are kept.`,
	intake.Departments: `Columns: code, name; optional: name_en (部门代码, 部门名称, 英文名称). Departments are
added and renamed, never removed: causes and replies point at their codes.`,
	intake.Tasks: `Columns: department, title, handed_on, level (部门代码, 任务, 下放日期, 承接层级); optional: basis,
funds, people, minutes (依据, 带经费, 带人手, 每月分钟).`,
	intake.Places: `Columns: area, building, latitude, longitude, system (居委会代码, 楼栋, 纬度, 经度, 坐标系). The
system is wgs84, gcj02 (Amap, Tencent) or bd09 (Baidu); what is shifted is turned into WGS-84. A
later import of the same building supersedes the earlier one. Points are sealed.`,
	intake.Tickets: `Columns: area, opened (区划代码, 受理日期); optional: closed, matter, complainant, answered,
solved, satisfied (办结日期, 事项, 诉求人, 是否响应, 是否解决, 是否满意). Of the complainant only a keyed
pseudonym is kept. A later import supersedes the whole list; both are kept.`,
}

var importExample = map[intake.Kind]string{
	intake.Areas:      "  gongping import areas areas.csv --district 310104 --yes",
	intake.Workers:    "  gongping import workers 社工名册.xlsx --preview",
	intake.Frame:      "  gongping import frame 居民.csv --name \"2026 居民库\"\n  gongping import frame 居民.csv --name \"2026 居民库\" --yes --freeze --census census.csv --json",
	intake.Indicators: "  gongping import indicators 指标.csv --round 0e5f… --yes",
	intake.Ratings:    "  gongping import ratings 评分.xlsx --round 0e5f… --yes",
	intake.Records: `  gongping import records 按月记录.xlsx --round 0e5f… --yes
  gongping import records 热线月报.xlsx --round 0e5f… --column area=所属居委 --column month=统计月份 \
    --column numerator=按时办结数 --column denominator=应办结数 --value indicator=hotline_on_time --remember 热线月报
  gongping import records 热线月报.xlsx --round 0e5f… --columns 热线月报 --yes`,
	intake.Departments: "  gongping import departments 部门.xlsx --yes",
	intake.Tasks:       "  gongping import tasks 下放任务.xlsx --yes",
	intake.Places:      "  gongping import places 楼栋坐标.csv --yes",
	intake.Tickets:     "  gongping import tickets 工单.csv --round 0e5f… --preview",
}

func (f *importFlags) shared(c *cobra.Command) {
	fl := c.Flags()
	fl.StringVar(&f.district, "district", "", "district code (default: GONGPING_DISTRICT)")
	fl.StringVar(&f.as, "as", "", "login of the account to act as (default: the operator)")
	fl.BoolVarP(&f.yes, "yes", "y", false, "import without asking, if the file has no faults")
	fl.BoolVar(&f.json, "json", false, "print JSON")
	fl.BoolVar(&f.preview, "preview", false, "check only; import nothing")
}

// run checks the file, shows the preview, asks, and imports.
func (f *importFlags) run(c *cobra.Command, k intake.Kind, path string) error {
	src, file, err := intake.OpenFile(path)
	if err != nil {
		return err
	}
	defer file.Close()
	b, who, err := openAs(c.Context(), f.district, f.as)
	if err != nil {
		return err
	}
	defer b.Close()
	svc := intake.New(b.Core, "")
	bar := &stageBar{w: c.ErrOrStderr()}
	defer bar.done()
	req := intake.Request{Kind: k, Round: f.round, Name: f.name, Resumable: f.resumable}
	if req.Assigned, err = f.columns.assigned(c.Context(), svc, who, k); err != nil {
		return err
	}
	p, err := svc.Check(c.Context(), who, req, src, bar.step)
	if err != nil {
		return err
	}
	bar.done()
	if p.Strange {
		fmt.Fprint(c.ErrOrStderr(), strange(p))
	}
	if ok, err := f.ask(c, p, nil); !ok {
		return err
	}
	out, err := svc.Commit(c.Context(), who, src, p, bar.step)
	if err != nil {
		return err
	}
	if f.columns.remember != "" {
		if err := svc.Remember(c.Context(), who, k, f.columns.remember, p.Assigned); err != nil {
			return fmt.Errorf("the rows are imported, but the columns are not remembered: %w", err)
		}
	}
	digest := ""
	if f.freeze {
		if digest, err = f.freezeFrame(c.Context(), svc, who, out.FrameID, bar); err != nil {
			return fmt.Errorf("the frame %s is imported, but not frozen: %w", out.FrameID, err)
		}
	}
	bar.done()
	w := c.OutOrStdout()
	if f.json {
		return json.NewEncoder(w).Encode(struct {
			*intake.Outcome
			Digest string `json:"frame_digest,omitempty"`
		}{out, digest})
	}
	fmt.Fprintf(w, "imported %d rows (import %s)\n", out.Rows, out.ImportID)
	if out.FrameID != "" {
		fmt.Fprintf(w, "frame %s\n", out.FrameID)
	}
	if digest != "" {
		fmt.Fprintf(w, "frozen, digest %s\n", digest)
	}
	return nil
}

func (f *importFlags) freezeFrame(ctx context.Context, svc *intake.Service, who authz.Actor, id string, bar *stageBar) (string, error) {
	in := intake.FreezeInput{Reason: f.reason, RuleBook: f.ruleBook}
	if f.census != "" {
		src, file, err := intake.OpenFile(f.census)
		if err != nil {
			return "", err
		}
		defer file.Close()
		in.Census = &src
	}
	for path, to := range map[string]**intake.Source{f.second: &in.Second, f.planted: &in.Planted} {
		if path == "" {
			continue
		}
		src, file, err := intake.OpenFile(path)
		if err != nil {
			return "", err
		}
		defer file.Close()
		*to = &src
	}
	return svc.Freeze(ctx, who, id, in, bar.step)
}

// previewJSON is a preview for scripts.
type previewJSON struct {
	File     string         `json:"file"`
	Digest   string         `json:"sha256"`
	Rows     int            `json:"rows"`
	OK       int            `json:"ok"`
	Faults   int            `json:"faults"`
	Warnings int            `json:"warnings"`
	Errors   []faultJSON    `json:"errors"`
	Cautions []faultJSON    `json:"cautions"`
	Counts   map[string]int `json:"counts"`
	Units    any            `json:"units,omitempty"`
}

type faultJSON struct {
	Where   string `json:"where,omitempty"`
	Message string `json:"message"`
	Found   string `json:"found,omitempty"`
	Want    string `json:"want,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

func faultList(list []*errs.Error) []faultJSON {
	out := make([]faultJSON, len(list))
	for i, e := range list {
		out[i] = faultJSON{e.Where, e.Message, e.Found, e.Want, e.Hint}
	}
	return out
}

// ask shows the preview. It returns true when the import may go on, and an
// error where the file has faults or nobody can be asked.
func (f *importFlags) ask(c *cobra.Command, p *intake.Preview, units []intake.UnitCount) (bool, error) {
	w := c.OutOrStdout()
	if f.preview && f.json {
		j := previewJSON{File: p.File, Digest: p.Digest, Rows: p.Rows, OK: p.OK(), Faults: p.Faults, Warnings: p.Warnings,
			Errors: faultList(p.Errors), Cautions: faultList(p.Cautions), Counts: map[string]int{}}
		for _, n := range p.Counts {
			j.Counts[n.Key] = n.N
		}
		if units != nil {
			j.Units = units
		}
		if err := json.NewEncoder(w).Encode(j); err != nil {
			return false, err
		}
		return false, p.Err()
	}
	if f.json {
		w = io.Discard
	}
	fmt.Fprintf(w, "%s: %s %s, SHA-256 %s\n%d rows, %d without fault, %d faults, %d warnings\n",
		p.File, strings.ToUpper(p.Format), p.Encoding, p.Digest, p.Rows, p.OK(), p.Faults, p.Warnings)
	if p.Resume != "" {
		fmt.Fprintf(w, "this import was interrupted and goes on where it stopped (resume token %s)\n", p.Resume)
	}
	for _, n := range p.Counts {
		fmt.Fprintf(w, "  %-12s %d\n", strings.ReplaceAll(n.Key, "_", " "), n.N)
	}
	for _, u := range units {
		fmt.Fprintf(w, "  %s  %s (%d answers)\n", u.Code, u.Name, u.N)
	}
	for _, e := range p.Cautions[:min(len(p.Cautions), 10)] {
		fmt.Fprintf(w, "warning: %v\n", e)
	}
	switch err := p.Err(); {
	case err != nil:
		return false, err
	case f.preview:
		return false, nil
	case f.yes:
		return true, nil
	case !term.IsTerminal(int(os.Stdin.Fd())):
		return false, errs.New(errs.Invalid, "intake.not_confirmed", "nothing was imported, because nobody confirmed it").
			At("", "", "--yes, or a terminal to ask at", "add --yes after looking at --preview")
	}
	fmt.Fprint(c.ErrOrStderr(), "Import this? [y/N] ")
	line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	if a := strings.ToLower(strings.TrimSpace(line)); a == "y" || a == "yes" || a == "是" {
		return true, nil
	}
	fmt.Fprintln(w, "nothing was imported")
	return false, nil
}

// stageBar shows the bar of the stage that is running.
type stageBar struct {
	w     io.Writer
	bar   *progress
	stage intake.Stage
	total int64
	last  int64
}

func (b *stageBar) step(stage intake.Stage, done, total int64) {
	if b.bar == nil || stage != b.stage || total != b.total {
		b.done()
		b.bar, b.stage, b.total = newProgress(b.w, map[intake.Stage]string{intake.Checking: "checking", intake.Storing: "importing",
			intake.Completing: "completing", intake.Freezing: "freezing"}[stage], total), stage, total
	}
	b.bar.Add(int(done - b.last))
	b.last = done
}

func (b *stageBar) done() {
	if b.bar != nil {
		b.bar.Done()
		b.bar, b.last = nil, 0
	}
}

func importTemplateCmd() *cobra.Command {
	names := intake.TemplateNames()
	return &cobra.Command{
		Use: "template KIND", Short: "Print an example file of a kind of table",
		Long:      "Prints an example file to fill in. KIND is one of: " + strings.Join(names, ", ") + ".",
		Example:   "  gongping import template frame > 居民.csv",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), oneOf(names)),
		ValidArgs: names,
		RunE:      func(c *cobra.Command, args []string) error { return intake.Template(c.OutOrStdout(), args[0]) },
	}
}

// oneOf refuses an argument that is none of names, and says which they are.
func oneOf(names []string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		for _, a := range args {
			if !slices.Contains(names, a) {
				return fmt.Errorf("unknown %q: choose %s", a, strings.Join(names, ", "))
			}
		}
		return nil
	}
}
