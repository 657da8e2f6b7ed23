package rounds

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/rounds"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/rounddb"
	"gongping/scoring/composite"
	"gongping/scoring/records"
	"gongping/web/locale"
	"gongping/web/page/render"
)

func localeOf(tag string) locale.Lang { return locale.Lang(tag) }

func (h *pages) ruleBooks(c *gin.Context, who authz.Actor) error {
	list, err := h.svc.Documents(c.Request.Context(), who, rounddb.RuleBooks)
	if err != nil {
		return err
	}
	d := documentsData{list, authz.May(who, authz.RuleBookEdit, authz.Object{})}
	p := render.Page{Title: h.T(c, "rulebook.list"), Subtitle: h.T(c, "rulebook.list_text"), Data: d}
	if d.May && len(list) > 0 {
		p.Actions = []render.Action{{Text: h.T(c, "rulebook.new"), Href: "/rulebooks/new", Icon: "plus", Primary: true}}
	}
	h.Render(c, http.StatusOK, "rounds/rulebooks", p)
	return nil
}

type ruleBookData struct {
	*composite.RuleBook
	Doc      rounddb.Versioned
	Versions []rounddb.Versioned
	May      bool
	Leaves   []leafRow
	BandRows []bandRow
	// What the book follows where it says nothing itself.
	Call   composite.Calls
	Watch  composite.Quality
	Record records.Rules
	Method string
	Say    []string // grades and weights, in plain words

	Work    string   // the standard of workload
	Dispute []string // what an appeal can become
}

// leafRow is a node of the indicator tree; Share is its part of the whole.
type leafRow struct {
	composite.Node
	Range         float64 // points by which the weight may be chosen otherwise
	Name          string
	Depth         int
	Share         float64
	LessIsBetter  bool
	SourceOfLeafs bool
}

// Percent tells that the scale of the row is one of shares: figures of records
// are, where they lie between nothing and all.
func (r leafRow) Percent() bool {
	return r.Source == composite.Records && min(r.Lowest, r.Highest) >= 0 && max(r.Lowest, r.Highest) <= 1
}

type bandRow struct {
	Name     string
	From, To float64
	Top      bool
}

func leaves(b *composite.RuleBook, nodes []composite.Node, lang string, depth int, of float64) []leafRow {
	var out []leafRow
	for _, n := range nodes {
		r := leafRow{Node: n, Range: b.RangeOf(n), Name: n.Text[lang], Depth: depth, Share: of * n.IndicatorWeight / 100, LessIsBetter: n.Lowest > n.Highest}
		if r.Name == "" {
			r.Name = n.Text["zh"]
		}
		out = append(out, r)
		out = append(out, leaves(b, n.Children, lang, depth+1, r.Share)...)
	}
	return out
}

func (h *pages) ruleBook(c *gin.Context, who authz.Actor) error {
	ctx, id := c.Request.Context(), c.Param("id")
	b, doc, err := h.svc.RuleBook(ctx, who, id, intOf(c.Query("version"), 0))
	if err != nil {
		return err
	}
	versions, err := h.svc.Versions(ctx, who, rounddb.RuleBooks, id)
	if err != nil {
		return err
	}
	p := h.Printer(c)
	lang := string(p.Lang())
	d := ruleBookData{RuleBook: b, Doc: doc, Versions: versions, May: authz.May(who, authz.RuleBookEdit, authz.Object{}), Leaves: leaves(b, b.Tree, lang, 0, 1),
		Call: b.CallRules(), Watch: b.QualityRules(), Record: b.RulesOfRecords(), Method: methodOf(b)}
	d.Say, d.Work, d.Dispute = gradesSay(b, p), workSay(b, p), disputesSay(b, p)
	to := 100.0
	for i, band := range b.Bands {
		d.BandRows = append(d.BandRows, bandRow{textIn(band.Text, lang), band.From, to, i == 0})
		to = band.From
	}
	title := textIn(b.Title, lang)
	page := render.Page{Title: title, Subtitle: p.T("document.version", "Version", doc.Version), Data: d,
		Crumbs: []render.Crumb{{Text: p.T("rulebook.list"), Href: "/rulebooks"}, {Text: title}}}
	if d.May {
		page.Actions = []render.Action{{Text: p.T("rulebook.edit"), Href: "/rulebooks/" + id + "/edit", Icon: "edit", Primary: true}}
	}
	h.Render(c, http.StatusOK, "rounds/rulebook", page)
	return nil
}

func textIn(m map[string]string, lang string) string {
	if s := m[lang]; s != "" {
		return s
	}
	return m["zh"]
}

type ruleBookForm struct {
	composite.RuleBook
	ID, Action     string
	Alert          *render.Alert
	Presets        []render.Option
	Resident       composite.Node
	Records, Panel composite.Node
	Numbers        []numberGroup
	Rows           []composite.Node // the records' indicators and blank rows
	BandRows       []composite.Band
	ConfidencePct  string
	// Method is how the panel's ratings become values, RepeatRule how repeats of
	// a ticket count.
	Method, RepeatRule string
	ItemTypes          []itemTypeRow
	Grades             []gradeRow     // the scale of grades and a blank row
	Criteria           []criterionRow // of the panel, and a blank one
}

// Ranged is the own range of a weight as the form shows it, "" for none.
func (ruleBookForm) Ranged(n composite.Node) string {
	if n.WeightRange == nil {
		return ""
	}
	return short(*n.WeightRange)
}

type numberGroup struct {
	Key    string
	Fields []numberField
}

type numberField struct{ Name, Value, Step, Min, Max, Error string }

func (h *pages) ruleBookNew(c *gin.Context, who authz.Actor) error {
	if err := authz.Check(who, authz.RuleBookEdit, authz.Object{}); err != nil {
		return err
	}
	return h.ruleBookForm(c, http.StatusOK, "", rounds.Preset(c.Query("preset")), nil)
}

func (h *pages) ruleBookEdit(c *gin.Context, who authz.Actor) error {
	if err := authz.Check(who, authz.RuleBookEdit, authz.Object{}); err != nil {
		return err
	}
	b, _, err := h.svc.RuleBook(c.Request.Context(), who, c.Param("id"), 0)
	if err != nil {
		return err
	}
	if _, _, _, ok := split(b.Tree); !ok {
		return errs.New(errs.Barred, "rule_book.shape", "this rule book has a tree of its own, which the form cannot show; change it through the API")
	}
	return h.ruleBookForm(c, http.StatusOK, c.Param("id"), *b, nil)
}

// split takes the tree apart that the form knows: residents, records with one
// level below them, and panel; the last two may be missing.
func split(tree []composite.Node) (resident, records, panel composite.Node, ok bool) {
	for _, n := range tree {
		switch {
		case n.Source == composite.ResidentRating && resident.ID == "":
			resident = n
		case n.Source == composite.Group && records.ID == "":
			for _, k := range n.Children {
				if k.Source != composite.Records {
					return resident, records, panel, false
				}
			}
			records = n
		case n.Source == composite.PanelRating && panel.ID == "":
			panel = n
		default:
			return resident, records, panel, false
		}
	}
	return resident, records, panel, true
}

func (h *pages) ruleBookSave(c *gin.Context, who authz.Actor) error {
	if err := authz.Check(who, authz.RuleBookEdit, authz.Object{}); err != nil {
		return err
	}
	base := composite.Default() // what the form does not show stays as it was
	if c.Param("id") != "" {
		old, _, err := h.svc.RuleBook(c.Request.Context(), who, c.Param("id"), 0)
		if err != nil {
			return err
		}
		base = *old
	}
	b, err := ruleBookOf(c, base)
	if err != nil {
		return h.ruleBookForm(c, http.StatusUnprocessableEntity, c.Param("id"), b, err)
	}
	id, version, err := h.svc.SaveRuleBook(c.Request.Context(), who, c.Param("id"), &b)
	if errs.Is(err, errs.Invalid) {
		return h.ruleBookForm(c, http.StatusUnprocessableEntity, c.Param("id"), b, err)
	}
	if err != nil {
		return err
	}
	h.Done(c, "/rulebooks/"+id, "rulebook.saved", map[string]string{"Version": strconv.Itoa(version)})
	return nil
}

func textOf(c *gin.Context, name string) map[string]string { return langOf(c, name) }

// ruleBookOf reads the form over what a rule book held before; an error is the
// first number that cannot be read.
func ruleBookOf(c *gin.Context, from composite.RuleBook) (b composite.RuleBook, err error) {
	b = from
	b.Title, b.Missing, b.Confidence = textOf(c, "title"), composite.Missing(c.PostForm("missing")), real(c, "confidence")/100
	b.WeightRange = real(c, "weight_range")
	b.Tree, b.Bands = nil, nil
	b = ownSections(b)
	for _, f := range figures(&b) {
		if e := f.read(c); err == nil {
			err = e
		}
	}
	b.PanelMethod = c.DefaultPostForm("panel_method", b.PanelMethod)
	b.RecordRules.RepeatRule = records.RepeatRule(c.DefaultPostForm("record_rules.repeat_rule", string(b.RecordRules.RepeatRule)))
	b.Quality.ItemTypes = itemTypesOf(c)
	base := composite.Default()
	if w := real(c, "resident.weight"); w != 0 {
		n := base.Tree[0]
		n.IndicatorWeight, n.WeightRange = w, rangeOf(c, "resident.range")
		b.Tree = append(b.Tree, n)
	}
	if w := real(c, "records.weight"); w != 0 {
		b.Tree = append(b.Tree, composite.Node{ID: "records", Text: base.Tree[1].Text, Source: composite.Group, IndicatorWeight: w, WeightRange: rangeOf(c, "records.range"),
			Children: recordsOf(c)})
	}
	if w := real(c, "panel.weight"); w != 0 {
		n := base.Tree[2]
		n.IndicatorWeight, n.Lowest, n.Highest = w, real(c, "panel.lowest"), real(c, "panel.highest")
		n.WeightRange = rangeOf(c, "panel.range")
		b.Tree = append(b.Tree, n)
	}
	b.Bands = bandsOf(c, "band")
	b.Grades.Scale, b.Criteria = scaleOf(c, b.Grades.Scale), criteriaOf(c, b.Criteria)
	return b, err
}

func recordsOf(c *gin.Context) []composite.Node {
	var out []composite.Node
	for i := range maxItems {
		at := "record." + strconv.Itoa(i)
		id, ok := c.GetPostForm(at + ".id")
		if !ok {
			break
		}
		if id = strings.TrimSpace(id); id == "" {
			continue
		}
		out = append(out, composite.Node{ID: id, Text: textOf(c, at), Source: composite.Records, IndicatorWeight: real(c, at+".weight"),
			Lowest: signed(c, at+".lowest"), Highest: signed(c, at+".highest"), WeightRange: rangeOf(c, at+".range")})
	}
	return out
}

// rangeOf reads the range of one weight; an empty field leaves it to the book.
func rangeOf(c *gin.Context, name string) *float64 {
	if strings.TrimSpace(c.PostForm(name)) == "" {
		return nil
	}
	v := real(c, name)
	return &v
}

// signed is real for numbers that may be negative; what is none becomes 0.
func signed(c *gin.Context, name string) float64 {
	v, err := strconv.ParseFloat(strings.TrimSpace(c.PostForm(name)), 64)
	if err != nil {
		return 0
	}
	return v
}

func (h *pages) ruleBookForm(c *gin.Context, status int, id string, b composite.RuleBook, err error) error {
	p := h.Printer(c)
	f := ruleBookForm{RuleBook: b, ID: id, Action: "/rulebooks", BandRows: append(b.Bands[:len(b.Bands):len(b.Bands)], composite.Band{Text: map[string]string{}}), ConfidencePct: short(100 * b.Confidence)}
	f.Resident, f.Records, f.Panel, _ = split(b.Tree)
	f.Rows = append(f.Records.Children[:len(f.Records.Children):len(f.Records.Children)], composite.Node{Text: map[string]string{}}, composite.Node{Text: map[string]string{}})
	if f.Panel.ID == "" {
		f.Panel.Highest = 10
	}
	if id != "" {
		f.Action += "/" + id
	}
	if e, ok := errors.AsType[*errs.Error](err); ok && e.Where == "confidence" {
		percent := *e // the form asks for percent, the book holds a share
		percent.Found, percent.Want = short(100*b.Confidence)+"%", "from 50% to below 100%"
		err = &percent
	}
	if err != nil {
		f.Alert = h.AlertAt(c, err)
		for _, lang := range []string{"zh", "en"} {
			f.name("title."+lang, p.T("document."+lang, "Label", p.T("document.title")))
		}
		f.name("confidence", p.T("rulebook.confidence"))
	}
	for _, name := range rounds.Presets {
		f.Presets = append(f.Presets, render.Option{Value: name, Text: p.T("rulebook.preset." + name)})
	}
	f.Method, f.RepeatRule, f.ItemTypes = methodOf(&b), string(b.RulesOfRecords().RepeatRule), itemTypeRows(&b)
	f.Numbers = f.groups(p, &b, err)
	f.scale(p, &b, err)
	title := p.T("rulebook.new")
	if id != "" {
		title = p.T("rulebook.edit")
	}
	h.Render(c, status, "rounds/rulebook-edit", render.Page{Title: title, Subtitle: p.T("rulebook.edit_text"), Data: f,
		Crumbs: []render.Crumb{{Text: p.T("rulebook.list"), Href: "/rulebooks"}, {Text: title}}})
	return nil
}

// maxItems bounds what a form may bring.
const maxItems = 200

// langOf reads a text in Chinese and English.
func langOf(c *gin.Context, name string) map[string]string {
	l := map[string]string{}
	for _, tag := range []string{"zh", "en"} {
		if s := strings.TrimSpace(c.PostForm(name + "." + tag)); s != "" {
			l[tag] = s
		}
	}
	return l
}

// ruleBookCompare shows in what two versions of a rule book differ; without a
// choice the latest and the one before.
func (h *pages) ruleBookCompare(c *gin.Context, who authz.Actor) error {
	ctx, id := c.Request.Context(), c.Param("id")
	now, doc, err := h.svc.RuleBook(ctx, who, id, intOf(c.Query("to"), 0))
	if err != nil {
		return err
	}
	from := intOf(c.Query("from"), max(doc.Version-1, 1))
	old, _, err := h.svc.RuleBook(ctx, who, id, from)
	if err != nil {
		return err
	}
	p := h.Printer(c)
	title := textIn(now.Title, string(p.Lang()))
	h.Render(c, http.StatusOK, "rounds/rulebook-compare", render.Page{Title: p.T("rulebook.compare"),
		Subtitle: p.T("rulebook.compare.subtitle", "From", from, "To", doc.Version),
		Crumbs:   []render.Crumb{{Text: p.T("rulebook.list"), Href: "/rulebooks"}, {Text: title, Href: "/rulebooks/" + id}, {Text: p.T("rulebook.compare")}},
		Data:     compareData{from, doc.Version, differences(old, now, p)}})
	return nil
}
