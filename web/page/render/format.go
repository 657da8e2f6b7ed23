package render

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"gongping/web/locale"
)

// Dash stands for a figure that there is not.
const Dash = "—"

// Format writes numbers, dates and intervals in one language.
type Format struct {
	P        *locale.Printer
	Location *time.Location
	now      func() time.Time
}

func (r *Renderer) format(p *locale.Printer) Format {
	return Format{P: p, Location: r.opts.Location, now: r.opts.Now}
}

// number takes any number or pointer to one; ok is false for nil and for what
// is not finite.
func number(v any) (float64, bool) {
	var x float64
	switch n := v.(type) {
	case nil:
		return 0, false
	case float64:
		x = n
	case *float64:
		if n == nil {
			return 0, false
		}
		x = *n
	case float32:
		x = float64(n)
	case int:
		x = float64(n)
	case *int:
		if n == nil {
			return 0, false
		}
		x = float64(*n)
	case int16:
		x = float64(n)
	case int32:
		x = float64(n)
	case int64:
		x = float64(n)
	case uint32:
		x = float64(n)
	case uint64:
		x = float64(n)
	default:
		panic(fmt.Sprintf("render: %T is no number", v))
	}
	return x, !math.IsNaN(x) && !math.IsInf(x, 0)
}

// Num writes v with a fixed number of decimals, thousands apart by commas (as
// both languages do), a true minus sign, and Dash for none.
func (f Format) Num(v any, decimals int) string {
	x, ok := number(v)
	if !ok {
		return Dash
	}
	s := strconv.FormatFloat(math.Abs(x), 'f', decimals, 64)
	whole, frac, has := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if has {
		whole += "." + frac
	}
	if x < 0 && strings.Trim(s, "0.") != "" {
		whole = "−" + whole
	}
	return whole
}

// Int writes a whole number.
func (f Format) Int(v any) string { return f.Num(v, 0) }

// Signed is Num with a plus sign for what is above zero.
func (f Format) Signed(v any, decimals int) string {
	s := f.Num(v, decimals)
	if x, ok := number(v); ok && x > 0 && strings.Trim(s, "0.,") != "" {
		return "+" + s
	}
	return s
}

// Pct writes a share between 0 and 1 as a percentage.
func (f Format) Pct(v any, decimals int) string {
	x, ok := number(v)
	if !ok {
		return Dash
	}
	return f.Num(x*100, decimals) + "%"
}

// Interval writes "lo – hi", Dash where an end is missing.
func (f Format) Interval(lo, hi any, decimals int) string {
	_, okLo := number(lo)
	_, okHi := number(hi)
	if !okLo || !okHi {
		return Dash
	}
	return f.Num(lo, decimals) + " – " + f.Num(hi, decimals)
}

// Suppressed is the text of a cell that too few answers stand behind.
func (f Format) Suppressed(min int) string { return f.P.T("figure.suppressed", "Min", min) }

// instant takes a time or a pointer to one.
func instant(v any) (time.Time, bool) {
	switch t := v.(type) {
	case time.Time:
		return t, !t.IsZero()
	case *time.Time:
		if t != nil {
			return *t, !t.IsZero()
		}
	case nil:
	default:
		panic(fmt.Sprintf("render: %T is no time", v))
	}
	return time.Time{}, false
}

// Date writes the day: 2026年3月5日, 5 Mar 2026.
func (f Format) Date(v any) string { return f.layout(v, "2006年1月2日", "2 Jan 2006") }

// DateTime writes day and time to the minute.
func (f Format) DateTime(v any) string {
	return f.layout(v, "2006年1月2日 15:04", "2 Jan 2006, 15:04")
}

// ISO writes the instant for <time datetime> and for sorting.
func (f Format) ISO(v any) string {
	t, ok := instant(v)
	if !ok {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func (f Format) layout(v any, zh, en string) string {
	t, ok := instant(v)
	if !ok {
		return Dash
	}
	if f.P.Lang() == locale.Chinese {
		return t.In(f.Location).Format(zh)
	}
	return t.In(f.Location).Format(en)
}

// Ago writes how long ago or ahead an instant is, roughly.
func (f Format) Ago(v any) string {
	t, ok := instant(v)
	if !ok {
		return Dash
	}
	d, dir := f.now().Sub(t), "past"
	if d < 0 {
		d, dir = -d, "future"
	}
	switch {
	case d < time.Minute:
		return f.P.T("time.now")
	case d < time.Hour:
		return f.P.N("time.minutes."+dir, int(d/time.Minute))
	case d < 48*time.Hour:
		return f.P.N("time.hours."+dir, int(d/time.Hour))
	}
	return f.P.N("time.days."+dir, int(d/(24*time.Hour)))
}
