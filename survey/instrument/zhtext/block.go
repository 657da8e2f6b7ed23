package zhtext

import (
	"regexp"
	"strconv"
	"strings"

	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
)

// kinds are the types by their name in the brackets.
var kinds = map[string]instrument.Kind{
	"单选题": instrument.Single, "单选": instrument.Single, "下拉题": instrument.Single, "下拉框单选题": instrument.Single, "下拉单选题": instrument.Single, "选择题": instrument.Single,
	"多选题": instrument.Multiple, "多选": instrument.Multiple, "不定项选择题": instrument.Multiple,
	"判断题": instrument.YesNo, "是非题": instrument.YesNo,
	"填空题": instrument.Text, "单项填空题": instrument.Text, "问答题": instrument.Text, "简答题": instrument.Text, "主观题": instrument.Text, "开放题": instrument.Text, "简述题": instrument.Text,
	"量表题": instrument.Grade5, "评分题": instrument.Grade5, "评价题": instrument.Grade5, "打分题": instrument.Grade5,
	"日期题": instrument.Date, "数字题": instrument.Number, "数值题": instrument.Number, "数字填空题": instrument.Number,
	"段落说明": instrument.Note, "说明": instrument.Note,
}

// instead are types the model has in another form only.
var instead = map[string]instrument.Kind{"排序题": instrument.Multiple, "多项填空题": instrument.Text, "滑动条题": instrument.Number, "滑动题": instrument.Number}

// matrices are the types with rows and columns.
var matrices = map[string]instrument.Kind{"矩阵题": instrument.Single, "矩阵单选题": instrument.Single, "矩阵多选题": instrument.Multiple, "矩阵量表题": instrument.Grade5,
	"矩阵评分题": instrument.Grade5, "矩阵打分题": instrument.Grade5}

var (
	lettered = regexp.MustCompile(`^([A-Za-zＡ-Ｚ])(\s*)([.、．:：)）。,，]+)\s*(\S.*)$`)
	numbered = regexp.MustCompile(`^[（(]?\d{1,2}[、)）]\s*(\S.*)$`)
	empty    = regexp.MustCompile(`[（(]\s*[)）]\s*$`)
	jumpText = regexp.MustCompile(`[（(【\[]?[^（(【\[，,。；;]{0,20}?(?:请)?(?:直接)?(?:跳至|跳到|跳转至|跳转到|跳转|跳答|转至|请答)\s*(?:第)?\s*(\d{1,3})\s*题?[^)）】\]]*[)）】\]]?`)
	line_    = regexp.MustCompile(`[_＿]{2,}`)
	words    = regexp.MustCompile(`请注明|请说明|请填写|请写明|请补充|[_＿]{2,}`)
	dontKnow = regexp.MustCompile(`^(不清楚|不知道|说不清|说不清楚|不好说|不确定|不知道/不清楚)$`)
	decline  = regexp.MustCompile(`^(不愿回答|不愿意回答|不想回答|不想说|拒绝回答|拒答|不便回答|不方便回答|不便透露|不方便透露|不愿透露)$`)
	alone    = regexp.MustCompile(`^(无|没有|都没有|以上都没有|以上都不是|以上均不是|以上皆非|都不是|均无|从未.*|没有参加过.*|都不了解|都没有.*)$`)
	atLeast  = regexp.MustCompile(`(?:最少|至少)(?:选择?|选)?\s*(\d{1,2})\s*项`)
	atMost   = regexp.MustCompile(`(?:最多|限)(?:选择?|选)?\s*(\d{1,2})\s*项`)
	between  = regexp.MustCompile(`(?:请)?选择?\s*(\d{1,2})\s*[-~—至到]\s*(\d{1,2})\s*项`)
	flat     = regexp.MustCompile(`调查表|评价表|满意度表|以下各项|下列各项`)
)

func (r *reader) block(b *block) {
	at := exchange.Place{Line: b.line, Item: "q" + strconv.Itoa(b.number)}
	if b.text == "" {
		r.rep.Add(exchange.Fault, at, "label_missing", "")
		b.text = "第 " + strconv.Itoa(b.number) + " 题"
	}
	if n := r.texts[b.text]; n > 0 {
		r.rep.Add(exchange.Fault, at, "question_twice", b.text, "Line", strconv.Itoa(n))
	}
	r.texts[b.text] = b.line
	if m := b.mark; matrices[m] != "" {
		r.matrix(b, at, matrices[m])
		return
	}
	it := instrument.Item{ID: r.id(b, at), Text: instrument.Lang{"zh": b.text}, Section: b.section, Required: b.required}
	switch kind := kinds[b.mark]; {
	case kind != "":
		it.Kind = kind
	case instead[b.mark] != "":
		it.Kind = instead[b.mark]
		r.rep.Add(exchange.Changed, at, "type_instead."+string(it.Kind), b.mark)
	case b.mark == "" && len(b.options) > 0:
		it.Kind = instrument.Single
		r.rep.Add(exchange.Fault, at, "mark_missing", b.text)
	case b.mark == "":
		it.Kind = instrument.Text
		r.rep.Add(exchange.Fault, at, "mark_missing", b.text)
	default:
		r.rep.Add(exchange.Lost, at, "type_unknown", b.mark)
		for _, o := range b.options {
			r.rep.Add(exchange.Lost, exchange.Place{Line: o.line, Item: at.Item}, "option_lost", o.text)
		}
		return
	}
	r.fill(b, at, &it)
	if it.Kind == instrument.Note {
		it.Required, it.DontKnow, it.Decline = false, false, false
	}
	r.push(b, it, at)
}

func (r *reader) id(b *block, at exchange.Place) string {
	want := "q" + strconv.Itoa(b.number)
	id := r.ids.Unique(want)
	if id != want {
		r.rep.Add(exchange.Fault, at, "number_used", strconv.Itoa(b.number), "ID", id)
	}
	return id
}

func (r *reader) push(b *block, it instrument.Item, at exchange.Place) {
	if len(r.q.Items) >= instrument.MaxItems {
		r.rep.Add(exchange.Lost, at, "too_many", it.ID)
		return
	}
	r.q.Items = append(r.q.Items, it)
	if r.at[b.number] == "" {
		r.at[b.number] = it.ID
	}
	if b.inner > 0 {
		r.inner[b.inner] = it.ID
	}
}

// fill gives an item its options, or says why it has none.
func (r *reader) fill(b *block, at exchange.Place, it *instrument.Item) {
	if m := jumpText.FindStringSubmatch(b.text); m != nil {
		to, _ := strconv.Atoi(m[1])
		r.jumps = append(r.jumps, jump{place: at, item: it.ID, to: to, found: m[0]})
	}
	choice := it.Kind.Choice() || it.Kind == instrument.Grade5 || it.Kind == instrument.YesNo
	if !choice {
		for _, o := range b.options {
			r.rep.Add(exchange.Changed, exchange.Place{Line: o.line, Item: at.Item}, "option_as_hint", o.text)
			it.Hint = hint(it.Hint, o.text)
		}
		if it.Kind == instrument.Number && b.mark != "数字题" && len(b.options) == 0 && instead[b.mark] != "" {
			it.Range = &instrument.Range{Min: "0", Max: "100"}
		}
		return
	}
	r.options(b, at, it)
	if it.Kind == instrument.YesNo {
		it.Options = nil
		return
	}
	if len(it.Options) == 0 {
		if it.Kind == instrument.Grade5 {
			return // the usual five words
		}
		r.rep.Add(exchange.Lost, at, "options_missing", b.text)
		it.Kind, it.DontKnow, it.Decline = instrument.Text, false, false
		return
	}
	r.limits(b.text, at, it)
	r.judge(at, it)
	r.scale(at, it)
}

func hint(l instrument.Lang, s string) instrument.Lang {
	if l == nil {
		return instrument.Lang{"zh": s}
	}
	l["zh"] += "\n" + s
	return l
}

// options cleans the option lines.
func (r *reader) options(b *block, at exchange.Place, it *instrument.Item) {
	letters, seen := 0, map[string]bool{}
	sign := ""
	for i, o := range b.options {
		place := exchange.Place{Line: o.line, Item: at.Item}
		text := o.text
		if m := lettered.FindStringSubmatch(text); m != nil {
			letter := strings.ToUpper(m[1])
			if r := []rune(letter)[0]; r >= 'Ａ' {
				letter = string(r - 'Ａ' + 'A')
			}
			if sign == "" && m[2] == "" && len([]rune(m[3])) == 1 {
				sign = m[3]
			}
			if m[2] != "" || m[3] != sign && sign != "" {
				r.rep.Add(exchange.Fault, place, "option_prefix", text, "Text", m[4])
			}
			if want := string(rune('A' + i)); letter != want && i < 26 {
				r.rep.Add(exchange.Fault, place, "option_letter", text, "Want", want)
			}
			letters++
			text = m[4]
		} else if letters > 0 {
			r.rep.Add(exchange.Fault, place, "option_letter", text, "Want", string(rune('A'+min(i, 25))))
		} else if m := numbered.FindStringSubmatch(text); m != nil {
			r.rep.Add(exchange.Changed, place, "option_number", text, "Text", m[1])
			text = m[1]
		}
		if empty.MatchString(text) {
			r.rep.Add(exchange.Changed, place, "option_blank", text)
			text = strings.TrimSpace(empty.ReplaceAllString(text, ""))
		}
		r.option(text, place, it, seen, len(it.Options)+1)
	}
}

func (r *reader) option(text string, place exchange.Place, it *instrument.Item, seen map[string]bool, no int) {
	o := instrument.Option{Code: strconv.Itoa(no)}
	if m := jumpText.FindStringSubmatch(text); m != nil {
		to, _ := strconv.Atoi(m[1])
		if rest := strings.TrimSpace(strings.Replace(text, m[0], "", 1)); rest != "" {
			text = rest
		}
		r.jumps = append(r.jumps, jump{place: place, item: it.ID, code: o.Code, to: to, found: m[0]})
	}
	if words.MatchString(text) {
		o.Other = true
		if clean := strings.TrimSpace(line_.ReplaceAllString(text, "")); clean != "" {
			text = clean
		}
		r.rep.Add(exchange.Note, place, "other", text)
	} else if text == "其他" || text == "其它" {
		r.rep.Add(exchange.Note, place, "other_plain", text)
	}
	if text == "" {
		r.rep.Add(exchange.Fault, place, "choice_label", "")
		return
	}
	if seen[text] {
		r.rep.Add(exchange.Fault, place, "choice_twice", text)
		return
	}
	seen[text] = true
	if dontKnow.MatchString(text) {
		it.DontKnow = true
		r.rep.Add(exchange.Changed, place, "dont_know", text)
		return
	}
	if decline.MatchString(text) {
		it.Decline = true
		r.rep.Add(exchange.Changed, place, "decline", text)
		return
	}
	if it.Kind == instrument.Multiple && alone.MatchString(text) {
		o.Exclusive = true
		r.rep.Add(exchange.Changed, place, "exclusive", text)
	}
	if len(it.Options) == instrument.MaxOptions {
		r.rep.Add(exchange.Lost, place, "option_lost", text)
		return
	}
	o.Text = instrument.Lang{"zh": text}
	it.Options = append(it.Options, o)
}

// limits reads how many may be chosen from the words of the question.
func (r *reader) limits(text string, at exchange.Place, it *instrument.Item) {
	if it.Kind != instrument.Multiple {
		return
	}
	low, high := 0, 0
	if m := between.FindStringSubmatch(text); m != nil {
		low, _ = strconv.Atoi(m[1])
		high, _ = strconv.Atoi(m[2])
	}
	if m := atLeast.FindStringSubmatch(text); m != nil {
		low, _ = strconv.Atoi(m[1])
	}
	if m := atMost.FindStringSubmatch(text); m != nil {
		high, _ = strconv.Atoi(m[1])
	}
	if low == 0 && high == 0 {
		return
	}
	if low > len(it.Options) || high > len(it.Options) || high > 0 && low > high {
		r.rep.Add(exchange.Fault, at, "limit_choices", text)
		return
	}
	it.Range = &instrument.Range{MinChoices: low, MaxChoices: high}
	r.rep.Add(exchange.Changed, at, "limit_read", text, "Min", strconv.Itoa(low), "Max", strconv.Itoa(high))
}

// matrix reads a question with rows and columns: the columns on one line,
// parted by spaces, tabs or bars, or after 列：; every other line is a row.
func (r *reader) matrix(b *block, at exchange.Place, kind instrument.Kind) {
	var columns []string
	var rows []option
	for _, o := range b.options {
		text, isColumns := o.text, false
		for _, p := range []string{"列：", "列:", "选项：", "选项:"} {
			if strings.HasPrefix(text, p) {
				text, isColumns = strings.TrimPrefix(text, p), true
			}
		}
		for _, p := range []string{"行：", "行:"} {
			text = strings.TrimPrefix(text, p)
		}
		if text = strings.TrimSpace(text); text == "" {
			continue // the word alone, with nothing behind it
		}
		parts := strings.FieldsFunc(text, func(c rune) bool { return c == ' ' || c == '\t' || c == '|' || c == '｜' || c == '　' })
		if columns == nil && (isColumns || len(parts) >= 2) {
			columns = parts
			continue
		}
		rows = append(rows, option{o.line, text})
	}
	if len(rows) == 0 {
		r.rep.Add(exchange.Lost, at, "matrix_rows", b.text)
		return
	}
	if columns == nil && kind != instrument.Grade5 {
		r.rep.Add(exchange.Lost, at, "matrix_columns", b.text)
		kind = instrument.Text
	}
	probe := instrument.Item{ID: "q" + strconv.Itoa(b.number), Kind: kind, Required: b.required, Section: b.section}
	seen := map[string]bool{}
	for _, c := range columns {
		r.option(c, at, &probe, seen, len(probe.Options)+1)
	}
	if kind == instrument.Grade5 && len(columns) > 0 || kind == instrument.Single {
		r.scale(at, &probe)
	}
	if probe.Kind.Choice() && len(probe.Options) == 0 {
		r.rep.Add(exchange.Lost, at, "matrix_columns", b.text)
		kind, probe.Kind, probe.DontKnow, probe.Decline = instrument.Text, instrument.Text, false, false
	}
	id := ""
	if kind != instrument.Text {
		id = "m" + strconv.Itoa(b.number)
		for i := 2; r.hasMatrix(id); i++ {
			id = "m" + strconv.Itoa(b.number) + "_" + strconv.Itoa(i)
		}
		r.q.Matrices = append(r.q.Matrices, instrument.Matrix{ID: id, Text: instrument.Lang{"zh": b.text}})
	}
	for i, row := range rows {
		it := probe
		it.ID = r.ids.Unique("q" + strconv.Itoa(b.number) + "_" + strconv.Itoa(i+1))
		it.Options = nil
		for _, o := range probe.Options {
			o.Text = instrument.Lang{"zh": o.Text["zh"]}
			it.Options = append(it.Options, o)
		}
		text := row.text
		if id == "" {
			text = b.text + "：" + text
		}
		it.Text, it.Matrix = instrument.Lang{"zh": text}, id
		r.push(b, it, at)
	}
	r.rep.Add(exchange.Note, at, "matrix_read", b.text, "Rows", strconv.Itoa(len(rows)), "Columns", strconv.Itoa(len(columns)))
}

func (r *reader) hasMatrix(id string) bool {
	for _, m := range r.q.Matrices {
		if m.ID == id {
			return true
		}
	}
	return false
}

// applyJumps turns "go to question N" beside an option into rules for the
// questions in between. A jump in the words of a question has no answer that
// it hangs on, so it is left to a person.
func (r *reader) applyJumps() {
	index := map[string]int{}
	for i := range r.q.Items {
		index[r.q.Items[i].ID] = i
	}
	for _, j := range r.jumps {
		from, known := index[j.item]
		target := r.at[j.to]
		if in := r.inner[j.to]; in != "" {
			target = in
		}
		to, ok := index[target]
		it := (*instrument.Item)(nil)
		if known {
			it = &r.q.Items[from]
		}
		option := known && j.code != "" && it.Option(j.code) != nil && it.Kind.Choice()
		if !ok || to <= from || !option {
			where := target
			if where == "" {
				where = "—"
			}
			r.rep.Add(exchange.Lost, j.place, "jump", j.found, "To", strconv.Itoa(j.to), "Item", where)
			continue
		}
		test := instrument.Cond{Item: it.ID, In: []string{j.code}}
		if it.Kind == instrument.Multiple {
			test.Op = instrument.Has
		}
		for k := from + 1; k < to; k++ {
			between := &r.q.Items[k]
			if n := len(allOf(between.ShowIf)); n < 20 {
				between.ShowIf = instrument.Both(between.ShowIf, &instrument.Cond{Not: &test})
			}
		}
		r.rep.Add(exchange.Changed, j.place, "jump_read", j.found, "Item", target)
	}
}

func allOf(c *instrument.Cond) []instrument.Cond {
	if c == nil {
		return nil
	}
	return c.All
}
