package xlsform

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
	"gongping/survey/instrument/formula"
)

// kinds are the types with a kind of their own.
var kinds = map[string]instrument.Kind{"text": instrument.Text, "string": instrument.Text, "integer": instrument.Number, "int": instrument.Number,
	"decimal": instrument.Number, "range": instrument.Number, "date": instrument.Date, "note": instrument.Note,
	"select_one": instrument.Single, "select one": instrument.Single, "select_multiple": instrument.Multiple, "select multiple": instrument.Multiple,
	"select all that apply": instrument.Multiple, "add select one prompt using": instrument.Single, "add select multiple prompt using": instrument.Multiple}

// instead are types that become another kind, with what is lost said.
var instead = map[string]instrument.Kind{"time": instrument.Text, "datetime": instrument.Date, "barcode": instrument.Text,
	"acknowledge": instrument.Single, "trigger": instrument.Single, "rank": instrument.Multiple}

// silent are types about the device or the sending, which are no questions.
var silent = set("start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email", "audit", "start-geopoint", "background-audio", "background-geopoint")

// row reads one row of the sheet survey.
func (r *reader) row(x record) {
	full := strings.Join(strings.Fields(x.get("type")), " ")
	name := x.get("name")
	at := exchange.Place{Sheet: x.name, Line: x.Line, Item: name}
	typ, list := full, ""
	for _, prefix := range []string{"select_one_from_file", "select_multiple_from_file", "select_one", "select_multiple", "select one", "select multiple",
		"select all that apply", "add select one prompt using", "add select multiple prompt using", "rank"} {
		if strings.HasPrefix(strings.ToLower(full), prefix+" ") {
			typ, list = prefix, strings.TrimSpace(full[len(prefix):])
			if prefix == "select all that apply" {
				list = strings.TrimPrefix(list, "from ")
			}
			break
		}
	}
	typ = strings.ToLower(strings.TrimSpace(typ))
	switch compact := strings.ReplaceAll(typ, " ", "_"); {
	case typ == "":
		if strings.TrimSpace(strings.Join(x.Cells, "")) != "" {
			r.rep.Add(exchange.Fault, at, "type_missing", strings.Join(x.Cells, " | "))
		}
	case strings.HasPrefix(typ, "#"):
		r.rep.Add(exchange.Note, at, "comment_row", full)
	case compact == "begin_group" || compact == "begin_repeat":
		r.begin(x, at, compact == "begin_repeat")
	case compact == "end_group" || compact == "end_repeat":
		if len(r.groups) == 0 {
			r.rep.Add(exchange.Fault, at, "group_end", full)
			return
		}
		r.groups = r.groups[:len(r.groups)-1]
	case silent[typ]:
		r.rep.Add(exchange.Note, at, "metadata", full)
	case typ == "calculate" || typ == "hidden" || typ == "xml-external" || typ == "csv-external":
		found := x.get("calculation")
		if found == "" {
			found = x.get("default")
		}
		if found == "" {
			found = x.get("constraint")
		}
		r.rep.Add(exchange.Lost, at, "calculate", found, "Type", full)
	case kinds[typ] != "":
		r.question(x, at, kinds[typ], typ, list)
	case instead[typ] != "":
		r.rep.Add(exchange.Changed, at, "type_instead."+string(instead[typ]), full)
		r.question(x, at, instead[typ], typ, list)
	default:
		r.rep.Add(exchange.Lost, at, "type_unknown", full)
	}
}

// begin opens a group: a section, a matrix, or, inside another group, only a
// place for its rule.
func (r *reader) begin(x record, at exchange.Place, repeat bool) {
	g := group{name: x.get("name"), repeat: repeat, label: x.lang("label", r.plain, &r.rep, at)}
	if n := len(r.groups); n > 0 {
		outer := r.groups[n-1]
		g.section, g.relevant = outer.section, outer.relevant
	}
	g.relevant = instrument.Both(g.relevant, r.condition(x.get("relevant"), at, "relevant_group"))
	if repeat {
		r.rep.Add(exchange.Lost, at, "repeat", x.get("repeat_count"))
	}
	hint := x.lang("hint", r.plain, &r.rep, at)
	look := x.get("appearance")
	switch {
	case strings.Contains(look, "table-list"):
		g.matrix = r.matrices.Unique(g.name)
		text := g.label
		if len(text) == 0 {
			text = instrument.Lang{r.plain: g.name}
		}
		r.q.Matrices = append(r.q.Matrices, instrument.Matrix{ID: g.matrix, Text: text, Hint: none(hint)})
	case len(r.groups) == 0:
		g.section = r.sections.Unique(g.name)
		title := g.label
		r.q.Sections = append(r.q.Sections, instrument.Section{ID: g.section, Title: title, Text: none(hint)})
	default:
		r.rep.Add(exchange.Changed, at, "group_nested", g.label.In("zh"))
	}
	if look != "" && !strings.Contains(look, "table-list") && look != "field-list" {
		r.rep.Add(exchange.Note, at, "appearance", look)
	}
	r.groups = append(r.groups, g)
}

func none(l instrument.Lang) instrument.Lang {
	if len(l) == 0 {
		return nil
	}
	return l
}

// question reads a row that is asked or, as a note, read.
func (r *reader) question(x record, at exchange.Place, kind instrument.Kind, typ, listName string) {
	name := x.get("name")
	if w := x.get("gongping_words"); w != "" && kind == instrument.Text {
		if item, code, ok := strings.Cut(w, ":"); ok {
			if it := r.q.Item(r.byName[item]); it != nil && it.Option(code) != nil {
				it.Option(code).Other = true
				return
			}
		}
	}
	if strings.Contains(typ, "_from_file") {
		r.rep.Add(exchange.Lost, at, "type_unknown", typ+" "+listName)
		return
	}
	if strings.Contains(" "+x.get("appearance")+" ", " label ") {
		r.rep.Add(exchange.Changed, at, "heading_row", x.lang("label", r.plain, &exchange.Report{}, at).In("zh"))
		return
	}
	if name == "" {
		r.rep.Add(exchange.Fault, at, "name_missing", strings.Join(x.Cells, " | "))
	}
	it := instrument.Item{Kind: kind, Text: x.lang("label", r.plain, &r.rep, at), Hint: none(x.lang("hint", r.plain, &r.rep, at))}
	if kind == instrument.Single || kind == instrument.Multiple {
		if !r.select_(x, at, &it, typ, listName) {
			return
		}
	}
	if it.ID = r.ids.Unique(name); it.ID != name && name != "" {
		key := "name"
		if exchange.Code(name) == name {
			key = "name_twice"
		}
		r.rep.Add(exchange.Fault, at, key, name, "ID", it.ID)
	}
	if len(it.Text) == 0 {
		if it.Hint != nil && it.Kind == instrument.Note {
			it.Text, it.Hint = it.Hint, nil
		} else {
			r.rep.Add(exchange.Fault, at, "label_missing", name)
			it.Text = instrument.Lang{r.plain: it.ID}
		}
	}
	r.look(x, at, &it, typ)
	r.limits(x, at, &it, typ)
	if it.Kind != instrument.Note {
		it.Required = r.required(x, at)
		it.DontKnow = it.DontKnow || yes(x.get("gongping_dont_know"))
		it.Decline = it.Decline || yes(x.get("gongping_decline"))
	}
	it.ShowIf = r.condition(x.get("relevant"), at, "relevant")
	if n := len(r.groups); n > 0 {
		g := r.groups[n-1]
		it.ShowIf = instrument.Both(g.relevant, it.ShowIf)
		it.Section, it.Matrix = g.section, g.matrix
	}
	if d := x.get("gongping_dimension"); d != "" {
		if id := exchange.Code(d); it.Kind == instrument.Grade5 {
			if !r.dimension(id) {
				r.q.Dimensions = append(r.q.Dimensions, instrument.Dimension{ID: id, Text: instrument.Lang{r.plain: d}})
			}
			it.Dimension = id
		} else {
			r.rep.Add(exchange.Fault, at, "dimension", d)
		}
	}
	r.matrix(at, &it)
	r.report(x, at)
	r.accept(at, it, name)
}

// accept adds the item where the model takes it, without its rule where the
// rule is too large for it.
func (r *reader) accept(at exchange.Place, it instrument.Item, name string) {
	r.q.Items = append(r.q.Items, it)
	r.byName[name] = it.ID
	if len(r.q.Items) > instrument.MaxItems {
		r.rep.Add(exchange.Lost, at, "too_many", name)
		r.q.Items = r.q.Items[:instrument.MaxItems]
		delete(r.byName, name)
	}
}

// matrix takes an item out of a matrix whose rows it is not like.
func (r *reader) matrix(at exchange.Place, it *instrument.Item) {
	if it.Matrix == "" {
		return
	}
	like := it.Kind == instrument.Grade5 || it.Kind == instrument.YesNo || it.Kind.Choice()
	if n := len(r.q.Items); like && n > 0 && r.q.Items[n-1].Matrix == it.Matrix {
		a := &r.q.Items[n-1]
		like = a.Kind == it.Kind && len(a.Options) == len(it.Options) && a.DontKnow == it.DontKnow && a.Decline == it.Decline
		for i := 0; like && i < len(a.Options); i++ {
			like = a.Options[i].Code == it.Options[i].Code
		}
	} else if like {
		for i := range r.q.Items {
			like = like && r.q.Items[i].Matrix != it.Matrix
		}
	}
	if !like {
		r.rep.Add(exchange.Changed, at, "matrix_row", it.Matrix)
		it.Matrix = ""
	}
}

// required reads yes, and reports a rule.
func (r *reader) required(x record, at exchange.Place) bool {
	v := x.get("required")
	switch strings.ToLower(v) {
	case "", "no", "false", "false()", "0", "n", "否":
		return false
	}
	if !yes(v) {
		r.rep.Add(exchange.Lost, at, "required_rule", v)
		return false
	}
	return true
}

// report names the columns of a row that the model has no place for.
func (r *reader) report(x record, at exchange.Place) {
	for _, column := range []string{"default", "readonly", "trigger", "calculation"} {
		v := x.get(column)
		if v != "" && !(column == "readonly" && !yes(v)) {
			r.rep.Add(exchange.Lost, at, column, v)
		}
	}
	for _, column := range []string{"constraint_message", "required_message", "guidance_hint"} {
		level := exchange.Note
		if column == "guidance_hint" {
			level = exchange.Lost
		}
		for _, v := range x.lang(column, r.plain, &exchange.Report{}, at) {
			r.rep.Add(level, at, column, v)
			break
		}
	}
	for _, media := range []string{"image", "media::image", "audio", "media::audio", "video", "media::video", "big-image"} {
		for _, m := range x.lang(media, r.plain, &exchange.Report{}, at) {
			r.rep.Add(exchange.Lost, at, "media", m)
		}
	}
	for _, column := range x.unknown {
		if v := x.get(strings.ToLower(column)); v != "" {
			r.rep.Add(exchange.Lost, at, "column_value", v, "Column", column)
		}
	}
	label := x.lang("label", r.plain, &exchange.Report{}, at)
	for _, tag := range slices.Sorted(maps.Keys(label)) {
		s := label[tag]
		if strings.Contains(s, "${") {
			r.rep.Add(exchange.Lost, at, "piping", s, "Lang", tag)
		}
		if strings.Contains(s, "](") || strings.Contains(s, "**") || strings.Contains(s, "<") && strings.Contains(s, ">") {
			r.rep.Add(exchange.Changed, at, "markup", s, "Lang", tag)
		}
	}
}

// look reads the appearance.
func (r *reader) look(x record, at exchange.Place, it *instrument.Item, typ string) {
	look := x.get("appearance")
	if it.Kind == instrument.Text {
		it.Short = !strings.Contains(look, "multiline")
	}
	if look != "" && look != "multiline" {
		level := exchange.Note
		if strings.HasPrefix(look, "ex:") || strings.Contains(look, "image-map") || strings.Contains(look, "masked") {
			level = exchange.Lost
		}
		r.rep.Add(level, at, "appearance", look)
	}
}

// limits reads parameters and constraint into the range.
func (r *reader) limits(x record, at exchange.Place, it *instrument.Item, typ string) {
	if it.Kind == instrument.Number && typ == "decimal" {
		it.Range = &instrument.Range{Decimals: 6}
	}
	if d, err := strconv.Atoi(x.get("gongping_decimals")); err == nil && it.Kind == instrument.Number && d >= 0 && d <= 6 {
		it.Range = &instrument.Range{Decimals: d}
	}
	if typ == "range" {
		r.scale(x, at, it)
	} else if p := x.get("parameters"); p != "" {
		r.rep.Add(exchange.Lost, at, "parameters", p)
	}
	src, column := x.get("constraint"), "constraint"
	if src == "" && !it.Kind.Choice() && x.get("choice_filter") != "" {
		src, column = x.get("choice_filter"), "choice_filter"
		r.rep.Add(exchange.Fault, at, "filter_misplaced", src)
	}
	if src != "" {
		n, err := formula.Parse(src)
		if err == nil {
			err = formula.Limit(n, it)
		}
		if err != nil {
			r.rep.Add(exchange.Lost, at, "constraint", src, append(formula.Why(err), "Column", column)...)
		}
	}
	if s, ok := instrument.CanonicalNumber(x.get("gongping_step")); ok && it.Kind == instrument.Number {
		if it.Range == nil {
			it.Range = &instrument.Range{}
		}
		it.Range.Step = s
	}
	if it.Range != nil && *it.Range == (instrument.Range{}) {
		it.Range = nil
	}
}

// scale reads the parameters of a range: start=1;end=10;step=1.
func (r *reader) scale(x record, at exchange.Place, it *instrument.Item) {
	v := map[string]string{"start": "0", "end": "10", "step": "1"}
	for _, part := range strings.FieldsFunc(x.get("parameters"), func(c rune) bool { return c == ';' || c == ' ' || c == ',' }) {
		key, value, ok := strings.Cut(part, "=")
		n, number := instrument.CanonicalNumber(value)
		if _, known := v[strings.ToLower(key)]; !ok || !known || !number {
			r.rep.Add(exchange.Lost, at, "parameters", part)
			continue
		}
		v[strings.ToLower(key)] = n
	}
	places := 0
	for _, n := range v {
		_, p, _ := strings.Cut(n, ".")
		places = max(places, len(p))
	}
	it.Range = &instrument.Range{Min: v["start"], Max: v["end"], Step: v["step"], Decimals: places}
	if it.Range.Step == "1" && places == 0 {
		it.Range.Step = ""
	}
	probe := instrument.Questionnaire{Title: instrument.Lang{"zh": "t"}, Items: []instrument.Item{{ID: "x", Kind: instrument.Number, Text: instrument.Lang{"zh": "t"}, Range: it.Range}}}
	if err := probe.Check(); err != nil {
		r.rep.Add(exchange.Lost, at, "parameters", x.get("parameters"))
		it.Range = nil
	}
}
