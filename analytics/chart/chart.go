// Package chart turns view models into ECharts options.
//
// go-echarts makes the option; it is taken as data (never its Render, which
// writes inline script) and patched where the library leaves out zeros or
// cannot say what is wanted. JSON carries no functions and no theme, so an
// option names both: {"$fn": "interval"} is a function and {"$c": "chart-high"}
// a colour of web/static/js/charts.js and css/gongping.css.
//
// Every figure comes with a title, unit, n, a sentence that says what it shows
// and a table with the same numbers, for whoever cannot or will not see it.
package chart

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/go-echarts/go-echarts/v2/opts"
)

// Text gives sentences in the reader's language; *locale.Printer is one.
type Text interface {
	T(key string, pairs ...any) string
}

// Figure is what the component "figure" shows.
type Figure struct {
	ID, Title, Unit string
	N               int
	Note            string // a short remark beside n
	Describe        string // what there is to see, in one or two sentences
	Height          string // s, m, l, xl, xxl
	Map             string // address of the GeoJSON, for maps
	Empty           string // why there is nothing to draw; the rest is then unused
	Legend          []Key
	Option          json.RawMessage
	Table           Table
}

// Key is one entry of the legend, which the page writes above the chart: there
// it wraps, grows with the type and is read aloud. Tone is a colour's token,
// Shape a class: circle, square, diamond, ring, line, dash, dot.
type Key struct{ Text, Tone, Shape string }

// Table is the figure in numbers.
type Table struct {
	Columns []Column
	Rows    [][]string
}

// Column is a column's head.
type Column struct {
	Text    string
	Numeric bool
}

// Area is one area's figure, as most charts take it. Score, Lo and Hi are
// points of 0–100. Hidden areas have too few answers to be shown: they stand
// in the table without a number and nowhere else.
type Area struct {
	Code, Name, Href string
	N                int
	Score, Lo, Hi    float64
	Standing         Standing
	Hidden           bool
}

// Standing is how an area stands to all others, after its interval.
type Standing int

// The standings. Unranked says that the evidence does not carry a comparison.
const (
	Typical Standing = iota
	High
	Low
	Unranked
)

// key is the catalogue key of the standing's name, tone its colour.
func (s Standing) key() string {
	return [...]string{"chart.typical", "chart.high", "chart.low", "chart.unranked"}[s]
}
func (s Standing) tone() string {
	return [...]string{"chart-typical", "chart-high", "chart-low", "chart-none"}[s]
}

// symbol tells standings apart without colour; shape is its name in a Key.
func (s Standing) symbol() string {
	return [...]string{"circle", "rect", "diamond", "circle"}[s]
}
func (s Standing) shape() string { return [...]string{"circle", "square", "diamond", "ring"}[s] }

// standings is the legend of the standings that occur.
func standings(t Text, shown []Area) []Key {
	var out []Key
	for _, s := range []Standing{High, Typical, Low, Unranked} {
		if count(shown, s) > 0 {
			out = append(out, Key{t.T(s.key()), s.tone(), s.shape()})
		}
	}
	return out
}

type m = map[string]any

// colour and fn name what the script resolves.
func colour(token string) m { return m{"$c": token} }
func fn(name string) m      { return m{"$fn": name} }

// echart is what every go-echarts chart can do.
type echart interface {
	Validate()
	JSON() map[string]any
}

// assemble takes the option of a chart as data, gives it the look that all
// have, applies the patch and encodes it. It panics where the option cannot be
// encoded, which only a NaN of the caller can cause.
func assemble(c echart, patch func(o m, series []m)) json.RawMessage {
	c.Validate()
	raw, err := json.Marshal(c.JSON())
	if err != nil {
		panic("chart: option: " + err.Error())
	}
	o := m{}
	if err := json.Unmarshal(raw, &o); err != nil {
		panic("chart: option: " + err.Error())
	}
	for _, k := range []string{"title", "toolbox", "color", "animation"} {
		delete(o, k)
	}
	o["tooltip"] = m{
		"trigger": "item", "renderMode": "richText", "confine": true, "formatter": fn("tip"),
		"backgroundColor": colour("chart-ground"), "borderColor": colour("chart-limit"),
		"textStyle": m{"color": colour("chart-text"), "fontSize": 13, "lineHeight": 20},
	}
	o["legend"] = m{"show": false}
	o["grid"] = m{"left": 12, "right": 24, "top": 16, "bottom": 12, "containLabel": true}
	var series []m
	for _, s := range o["series"].([]any) {
		series = append(series, s.(m))
	}
	patch(o, series)
	out, err := json.Marshal(o)
	if err != nil {
		panic("chart: option: " + err.Error())
	}
	return out
}

// keys is the legend of series drawn as areas of colour.
func keys(texts, tones []string) []Key {
	out := make([]Key, len(texts))
	for i := range texts {
		out[i] = Key{texts[i], tones[i], "square"}
	}
	return out
}

// axis is an axis; more is laid over it.
func axis(kind, name string, more m) m {
	a := m{
		"type": kind, "name": name, "nameTextStyle": m{"color": colour("chart-muted")},
		"axisLabel": m{"color": colour("chart-muted"), "hideOverlap": true},
		"axisLine":  m{"show": kind == "category", "lineStyle": m{"color": colour("chart-limit")}},
		"axisTick":  m{"show": false},
		"splitLine": m{"show": kind == "value", "lineStyle": m{"color": colour("chart-grid")}},
	}
	for k, v := range more {
		a[k] = v
	}
	return a
}

// below puts the name of a horizontal axis under its middle.
func below(a m) m {
	a["nameLocation"], a["nameGap"] = "middle", 28
	return a
}

// dec writes x with d decimals and a true minus sign; a dash if there is no x.
func dec(x float64, d int) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "—"
	}
	s := strconv.FormatFloat(x, 'f', d, 64)
	if strings.Trim(s, "-0.") == "" {
		return strings.TrimPrefix(s, "-")
	}
	return strings.Replace(s, "-", "−", 1)
}

// plus is dec with a plus sign above zero.
func plus(x float64, d int) string {
	s := dec(x, d)
	if x > 0 && strings.Trim(s, "0.") != "" {
		return "+" + s
	}
	return s
}

// clean rounds for the picture to two decimals, the most that a page writes: what
// a chart is drawn from goes to the reader as well.
func clean(x float64) float64 { return math.Round(x*100) / 100 }

// ticks makes the marks of an axis in points: whole fives, or tens.
func ticks(lo, hi float64) int {
	if hi-lo > 40 {
		return 10
	}
	return 5
}

// height chooses a class by the number of rows of a horizontal chart.
func height(rows int) string {
	switch {
	case rows <= 5:
		return "s"
	case rows <= 12:
		return "m"
	case rows <= 20:
		return "l"
	case rows <= 36:
		return "xl"
	}
	return "xxl"
}

// span gives the range of an axis with some air, in whole fives.
func span(lo, hi float64) (float64, float64) {
	if lo > hi {
		return 0, 100
	}
	return math.Floor((lo-1)/5) * 5, math.Ceil((hi+1)/5) * 5
}

// split parts areas that may be shown from hidden ones.
func split(areas []Area) (shown, hidden []Area) {
	for _, a := range areas {
		if a.Hidden {
			hidden = append(hidden, a)
		} else {
			shown = append(shown, a)
		}
	}
	return shown, hidden
}

// areaTip is the text of an area's tooltip.
func areaTip(t Text, a Area) string {
	return a.Name + "\n" + t.T("chart.tip_score", "Score", dec(a.Score, 1), "Lo", dec(a.Lo, 1), "Hi", dec(a.Hi, 1)) +
		"\nn = " + strconv.Itoa(a.N) + " · " + t.T(a.Standing.key())
}

// areaTable lists areas with score, interval, n and standing.
func areaTable(t Text, areas []Area, minimum int) Table {
	table := Table{Columns: []Column{
		{t.T("chart.area"), false}, {"n", true}, {t.T("chart.score"), true},
		{t.T("chart.interval"), true}, {t.T("chart.standing"), false},
	}}
	for _, a := range areas {
		if a.Hidden {
			table.Rows = append(table.Rows, []string{a.Name, "—", t.T("figure.suppressed", "Min", minimum), "—", "—"})
			continue
		}
		table.Rows = append(table.Rows, []string{
			a.Name, strconv.Itoa(a.N), dec(a.Score, 1), dec(a.Lo, 1) + " – " + dec(a.Hi, 1), t.T(a.Standing.key()),
		})
	}
	return table
}

// total adds up the answers that are shown.
func total(areas []Area) int {
	n := 0
	for _, a := range areas {
		if !a.Hidden {
			n += a.N
		}
	}
	return n
}

// count counts the areas of a standing.
func count(areas []Area, s Standing) int {
	n := 0
	for _, a := range areas {
		if !a.Hidden && a.Standing == s {
			n++
		}
	}
	return n
}

// bars makes go-echarts bar data without values; the patch fills them, since
// the library has no place for a prepared tooltip.
func bars(n int) []opts.BarData { return make([]opts.BarData, n) }
