package conformance

import (
	"fmt"
	"math"
	"reflect"
	"sort"
	"strconv"
	"strings"
)

// Tolerance of a case: a value is accepted when |a-b| <= Abs + Rel*|b|. A key
// of Override replaces that for every expected entry whose top-level name
// starts with it: accepted when |a-b| <= t*max(1,|b|). The longest key wins.
type Tolerance struct {
	Rel, Abs float64
	Override map[string]float64
}

// limit is the accepted difference from want below the top-level name.
func (t Tolerance) limit(top string, want float64) float64 {
	best, found := "", false
	for k := range t.Override {
		if strings.HasPrefix(top, k) && (!found || len(k) > len(best)) {
			best, found = k, true
		}
	}
	if found {
		return t.Override[best] * math.Max(1, math.Abs(want))
	}
	return t.Abs + t.Rel*math.Abs(want)
}

// comparison walks two trees side by side.
type comparison struct {
	tol Tolerance
	r   *Result
	top string
}

// compare fills r. Every expected leaf is compared, listed as missing, or
// makes the case differ; results that the case does not expect are ignored.
func compare(c *Case, got map[string]any, r *Result) {
	w := comparison{tol: c.Tolerance, r: r}
	for _, k := range c.Expected.Keys {
		w.top = k
		v, ok := got[k]
		if !ok {
			r.Missing = append(r.Missing, k)
			continue
		}
		w.walk(k, v, c.Expected.Values[k])
	}
	sort.Strings(r.Missing)
	switch {
	case r.DiffersN > 0:
		r.Verdict = Differ
	case len(r.Missing) > 0:
		r.Verdict = NotSupported
		r.Reason = "the adapter gives no value for " + strings.Join(r.Missing, ", ")
	case r.Compared == 0:
		r.Verdict, r.Reason = NotSupported, "nothing to compare"
	default:
		r.Verdict = Agree
	}
}

func (w *comparison) walk(path string, got, want any) {
	switch ref := got.(type) {
	case PartlyRefused:
		value, known := ref.Rest[""]
		switch e := want.(type) {
		case *Object:
			w.object(path, ref.Rest, e)
		case float64:
			if known {
				w.number(path, value, e)
				break
			}
			w.refused(path, ref.Refused, want)
		case []any:
			if known && !allNull(want) {
				w.list(path, value, e)
				break
			}
			w.refused(path, ref.Refused, want)
		default:
			w.refused(path, ref.Refused, want)
		}
		return
	case Refused:
		w.refused(path, ref, want)
		return
	}
	if isNil(got) && allNull(want) {
		w.r.Compared++
		return
	}
	if _, list := want.([]any); !list {
		got = single(got)
	}
	switch e := want.(type) {
	case *Object:
		w.object(path, got, e)
	case []any:
		w.list(path, got, e)
	case float64:
		if forms, ok := got.(either); ok {
			got = forms.nearest(e)
		}
		w.number(path, got, e)
	case nil:
		w.r.Compared++
		if !isNil(got) {
			w.differ(path, show(got), "null", math.Inf(1))
		}
	default: // string, bool
		if t, ok := want.(string); ok && (t == "NA" || t == "NaN") { // R's ways to write null as a text
			w.walk(path, got, nil)
			return
		}
		w.r.Compared++
		if v, ok := toFloat(got); ok && math.IsInf(v, 0) && infinite[want] == math.Copysign(1, v) {
			return
		}
		if v := reflect.ValueOf(got); !v.IsValid() || show(got) != show(want) {
			w.differ(path, show(got), show(want), math.Inf(1))
		}
	}
}

// either is a figure of which the peer has two forms, depending on the way its
// search ends.
type either [2]float64

func (e either) nearest(want float64) float64 {
	if math.Abs(e[1]-want) < math.Abs(e[0]-want) {
		return e[1]
	}
	return e[0]
}

// infinite are the texts for an infinite number, with its sign.
var infinite = map[any]float64{"Inf": 1, "-Inf": -1}

// single is the entry of a vector of one, which cases write without brackets.
func single(got any) any {
	v := reflect.ValueOf(got)
	if v.IsValid() && (v.Kind() == reflect.Slice || v.Kind() == reflect.Array) && v.Len() == 1 {
		return v.Index(0).Interface()
	}
	return got
}

func (w *comparison) refused(path string, got Refused, want any) {
	w.r.Compared++
	if _, text := want.(string); !text && !allNull(want) {
		w.differ(path, fmt.Sprintf("refused (%v)", got.Err), show(want), math.Inf(1))
	}
}

// object compares a map by key.
func (w *comparison) object(path string, got any, want *Object) {
	v := reflect.ValueOf(got)
	if o, ok := got.(*Object); ok {
		v = reflect.ValueOf(o.Values)
	}
	if !v.IsValid() || v.Kind() != reflect.Map || v.Type().Key().Kind() != reflect.String {
		w.differ(path, show(got), "named values", math.Inf(1))
		return
	}
	for _, k := range want.Keys {
		p := path + "." + k
		e := v.MapIndex(reflect.ValueOf(k).Convert(v.Type().Key()))
		if !e.IsValid() {
			w.r.Missing = append(w.r.Missing, p)
			continue
		}
		w.walk(p, e.Interface(), want.Values[k])
	}
}

// list compares a vector entry by entry. A vector of one entry in the case
// also matches a scalar (the peer's 1×1 matrices).
func (w *comparison) list(path string, got any, want []any) {
	v := reflect.ValueOf(got)
	if !v.IsValid() || (v.Kind() != reflect.Slice && v.Kind() != reflect.Array) {
		if len(want) == 1 {
			w.walk(path+"[0]", got, want[0])
			return
		}
		w.differ(path, show(got), fmt.Sprintf("%d values", len(want)), math.Inf(1))
		return
	}
	if byName, ok := byDomain(v); ok && v.Len() == len(want) {
		for i, e := range want {
			g := any(nil)
			if o, ok := e.(*Object); ok {
				name, _ := o.Values["domain"].(string)
				g = byName[name]
			}
			w.walk(path+"["+strconv.Itoa(i)+"]", g, e)
		}
		return
	}
	if v.Len() != len(want) {
		w.differ(path, fmt.Sprintf("%d values", v.Len()), fmt.Sprintf("%d values", len(want)), math.Inf(1))
		return
	}
	for i := range want {
		w.walk(path+"["+strconv.Itoa(i)+"]", v.Index(i).Interface(), want[i])
	}
}

// byDomain are the entries of a list that name their domain: such a list is
// compared by name, not by place.
func byDomain(list reflect.Value) (map[string]any, bool) {
	out := map[string]any{}
	for i := range list.Len() {
		m, ok := list.Index(i).Interface().(map[string]any)
		if !ok {
			return nil, false
		}
		name, ok := m["domain"].(string)
		if !ok {
			return nil, false
		}
		out[name] = m
	}
	return out, len(out) == list.Len() && len(out) > 0
}

func (w *comparison) number(path string, got any, want float64) {
	w.r.Compared++
	a, ok := toFloat(got)
	if !ok || math.IsNaN(a) || math.IsInf(a, 0) && a != want {
		w.differ(path, show(got), show(want), math.Inf(1))
		return
	}
	if a == want {
		return
	}
	d := math.Abs(a - want)
	rel := d / math.Abs(want)
	if want == 0 {
		rel = d
	}
	w.r.MaxRel = math.Min(math.Max(w.r.MaxRel, rel), math.MaxFloat64) // JSON has no infinity
	if lim := w.tol.limit(w.top, want); !(d <= lim) {
		over := math.Inf(1)
		if lim > 0 {
			over = d / lim
		}
		w.differ(path, show(a), show(want), over)
	}
}

func (w *comparison) differ(path, got, want string, over float64) {
	w.r.DiffersN++
	if w.r.Worst == nil || over > w.r.Worst.over {
		w.r.Worst = &Gap{Path: path, Got: got, Want: want, over: over}
	}
}

// toFloat reads any number; a slice of one number counts as that number, since
// cases write vectors of one without brackets.
func toFloat(x any) (float64, bool) {
	v := reflect.ValueOf(x)
	switch {
	case !v.IsValid():
		return 0, false
	case v.CanFloat():
		return v.Float(), true
	case v.CanInt():
		return float64(v.Int()), true
	case v.CanUint():
		return float64(v.Uint()), true
	case (v.Kind() == reflect.Slice || v.Kind() == reflect.Array) && v.Len() == 1:
		return toFloat(v.Index(0).Interface())
	}
	return 0, false
}

// allNull reports whether a case gives no value: null, or a vector or object of
// nothing but nulls.
func allNull(want any) bool {
	switch e := want.(type) {
	case nil:
		return true
	case string:
		return e == "NA" || e == "NaN"
	case []any:
		for _, v := range e {
			if !allNull(v) {
				return false
			}
		}
		return len(e) > 0
	case *Object:
		for _, v := range e.Values {
			if !allNull(v) {
				return false
			}
		}
		return len(e.Values) > 0
	}
	return false
}

func isNil(x any) bool {
	v := reflect.ValueOf(x)
	if !v.IsValid() {
		return true
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice:
		return v.IsNil()
	}
	return false
}

func show(x any) string {
	switch v := x.(type) {
	case nil:
		return "null"
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case Refused:
		return fmt.Sprintf("refused (%v)", v.Err)
	}
	s := fmt.Sprint(x)
	if len(s) > 120 {
		s = strings.ToValidUTF8(s[:120], "") + "…"
	}
	return s
}
