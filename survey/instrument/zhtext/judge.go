package zhtext

import (
	"regexp"
	"strconv"
	"strings"

	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
)

// judge looks for what is wrong with a list of options as a list.
func (r *reader) judge(at exchange.Place, it *instrument.Item) {
	texts := make([]string, 0, len(it.Options))
	for _, o := range it.Options {
		if !o.Other {
			texts = append(texts, o.Text["zh"])
		}
	}
	if len(it.Options) == 1 {
		r.rep.Add(exchange.Fault, at, "one_option", it.Options[0].Text["zh"])
	}
	if a, b, bad := order(texts); bad {
		r.rep.Add(exchange.Fault, at, "order", a+" / "+b, "First", a, "Second", b)
	}
	if odd := frequency(texts); odd != "" {
		r.rep.Add(exchange.Fault, at, "odd_option", odd)
	}
	if a, b, key := ranges(texts); key != "" {
		r.rep.Add(exchange.Fault, at, key, a+" / "+b, "First", a, "Second", b)
	}
	if flat.MatchString(it.Text["zh"]) {
		r.rep.Add(exchange.Fault, at, "matrix_flattened", it.Text["zh"])
	}
}

// degrees are words of degree; poles pairs of opposite stems.
var degrees = []struct {
	word string
	n    float64
}{{"非常", 3}, {"极其", 3}, {"特别", 3}, {"十分", 3}, {"很", 2.5}, {"比较", 2}, {"较", 2}, {"基本", 1.5}, {"有点", 1}, {"有一点", 1}}

var poles = [][2]string{{"强", "弱"}, {"好", "差"}, {"大", "小"}, {"高", "低"}, {"多", "少"}, {"容易", "困难"}}

// rank gives an option its place between two poles.
func rank(s string) (float64, bool) {
	switch s {
	case "一般", "中等", "普通", "中立", "说不上":
		return 0, true
	}
	n, rest := 1.8, s
	for _, d := range degrees {
		if strings.HasPrefix(s, d.word) {
			n, rest = d.n, strings.TrimPrefix(s, d.word)
			break
		}
	}
	for _, p := range poles {
		if rest == p[0] {
			return n, true
		}
		if rest == p[1] {
			return -n, true
		}
	}
	for _, word := range []string{"满意", "幸福", "愿意", "同意", "了解", "重要", "认同", "赞成"} {
		switch rest {
		case word:
			return n, true
		case "不太" + word, "不大" + word:
			return -1, true
		case "不" + word:
			return -n, true
		}
	}
	return 0, false
}

// order finds two neighbouring options of a scale that stand the wrong way
// round.
func order(texts []string) (a, b string, bad bool) {
	var seen []string
	var ranks []float64
	for _, s := range texts {
		if n, ok := rank(s); ok {
			seen, ranks = append(seen, s), append(ranks, n)
		}
	}
	if len(ranks) < 4 {
		return "", "", false
	}
	down := ranks[0] > ranks[len(ranks)-1]
	for i := 1; i < len(ranks); i++ {
		if down && ranks[i] > ranks[i-1] || !down && ranks[i] < ranks[i-1] {
			return seen[i-1], seen[i], true
		}
	}
	return "", "", false
}

var often = regexp.MustCompile(`^(经常|偶尔|有时|从不|从未|总是|很少|一般|每天|每周|每月|不使用|不会|没有|几乎不|基本不)`)

// frequency finds the one option in a list of frequencies that is none.
func frequency(texts []string) string {
	odd, n := "", 0
	for _, s := range texts {
		if often.MatchString(s) {
			n++
		} else if odd == "" {
			odd = s
		} else {
			return ""
		}
	}
	if n >= 2 && len(texts) <= 6 && !strings.HasPrefix(odd, "不") && !strings.HasPrefix(odd, "其") {
		return odd
	}
	return ""
}

var (
	fromTo = regexp.MustCompile(`^(\d+)[^\d\-~—–至到]*[-~—–至到]\s*(\d+)`)
	upTo   = regexp.MustCompile(`^(\d+)[^\d]*?(及)?以下`)
	from   = regexp.MustCompile(`^(\d+)[^\d]*?(及)?以上`)
	point  = regexp.MustCompile(`^(\d+)\s*(次|个|年|岁|人|元|天)$`)
)

// span is what an option of numbers covers. Soft ends ("20 岁以下") may or may
// not count their number.
type span struct {
	low, high         int
	softLow, softHigh bool
	text              string
}

func spanOf(s string) (span, bool) {
	n := func(s string) int { v, _ := strconv.Atoi(exchange.Clip(s, 9)); return v }
	if m := fromTo.FindStringSubmatch(s); m != nil {
		return span{low: n(m[1]), high: n(m[2]), text: s}, true
	}
	if m := upTo.FindStringSubmatch(s); m != nil {
		return span{low: -1, high: n(m[1]), softHigh: m[2] == "", text: s}, true
	}
	if m := from.FindStringSubmatch(s); m != nil {
		return span{low: n(m[1]), high: 1 << 30, softLow: m[2] == "", text: s}, true
	}
	if m := point.FindStringSubmatch(s); m != nil {
		return span{low: n(m[1]), high: n(m[1]), text: s}, true
	}
	return span{}, false
}

// ranges finds neighbours that overlap or leave a gap.
func ranges(texts []string) (a, b, key string) {
	var list []span
	for _, s := range texts {
		if x, ok := spanOf(s); ok {
			list = append(list, x)
		}
	}
	if len(list) < 2 {
		return "", "", ""
	}
	for i := 1; i < len(list); i++ {
		x, y := list[i-1], list[i]
		switch {
		case x.low > y.low: // not in rising order: leave it
			return "", "", ""
		case y.low < x.high || y.low == x.high && !x.softHigh && !y.softLow:
			return x.text, y.text, "ranges_overlap"
		case y.low > x.high+1:
			return x.text, y.text, "ranges_gap"
		}
	}
	return "", "", ""
}

var attitude = regexp.MustCompile(`满意|幸福|同意|愿意|认同|赞成|了解|重要|放心|方便|好|强`)

var usual = []string{"非常满意", "满意", "一般", "不满意", "非常不满意"}

// scale makes five options from one pole to the other a five-grade item.
func (r *reader) scale(at exchange.Place, it *instrument.Item) {
	if it.Kind != instrument.Single && it.Kind != instrument.Grade5 {
		return
	}
	plain := true
	for _, o := range it.Options {
		plain = plain && !o.Other
	}
	if !plain || len(it.Options) != 5 {
		if it.Kind == instrument.Grade5 {
			r.rep.Add(exchange.Changed, at, "not_five", strconv.Itoa(len(it.Options)))
			it.Kind = instrument.Single
		} else if n := len(it.Options); (n == 3 || n == 4) && plain && attitude.MatchString(it.Options[0].Text["zh"]) && strings.Contains(it.Options[0].Text["zh"]+it.Options[n-1].Text["zh"], "不") {
			r.rep.Add(exchange.Note, at, "short_scale", it.Options[0].Text["zh"]+" … "+it.Options[n-1].Text["zh"], "N", strconv.Itoa(n))
		}
		return
	}
	first, last := it.Options[0].Text["zh"], it.Options[4].Text["zh"]
	if it.Kind == instrument.Single && (!exchange.Scale(it.Options, "zh") || !attitude.MatchString(first) && !attitude.MatchString(last)) {
		return
	}
	if strings.Contains(first, "不") && !strings.Contains(last, "不") {
		for i, j := 0, 4; i < j; i, j = i+1, j-1 {
			it.Options[i], it.Options[j] = it.Options[j], it.Options[i]
		}
		first, last = last, first
	}
	same, bare := true, false
	for i := range it.Options {
		text := it.Options[i].Text["zh"]
		same = same && text == usual[i]
		if _, err := strconv.Atoi(text); err == nil {
			bare = true
		}
		it.Options[i] = instrument.Option{Code: strconv.Itoa(5 - i), Text: it.Options[i].Text}
	}
	if it.Kind = instrument.Grade5; same {
		it.Options = nil
	}
	r.rep.Add(exchange.Changed, at, "grade5", first+" … "+last, "First", first, "Last", last)
	if bare {
		r.rep.Add(exchange.Fault, at, "scale_ends", first+" … "+last)
	}
}
