// Package conformance checks the engine against reference cases: small data
// sets with the results of trusted statistics software.
//
// A case is one JSON file and one CSV file. The package reads them, hands the
// case to the adapter that is registered for its method, and compares what the
// adapter returns with what the case expects. Adapters call the very functions
// that the service uses; they know methods, never cases or expected values.
package conformance

import (
	"errors"
	"fmt"
	"sort"

	"gongping/internal/errs"
)

// Func computes the results of one case: a tree of map[string]any, slices and
// scalars with the names that cases of the method use. A null result is nil.
// NaN is a fault of the engine and always differs.
type Func func(*Case) (map[string]any, error)

var registry = map[string]Func{}

// Register sets the adapter of a method, such as "B.domain". It is called from
// init functions; registering a method twice panics.
func Register(method string, fn Func) {
	if _, dup := registry[method]; dup {
		panic("conformance: method registered twice: " + method)
	}
	registry[method] = fn
}

// Methods lists the registered methods in order.
func Methods() []string {
	out := make([]string, 0, len(registry))
	for m := range registry {
		out = append(out, m)
	}
	sort.Strings(out)
	return out
}

// unsupported says that an adapter knows the method but not this variation.
type unsupported struct{ reason string }

func (u unsupported) Error() string { return "unsupported: " + u.reason }

// Unsupported is the error of an adapter that knows the method but not what
// this case asks for; the case is then listed as unsupported with the reason.
func Unsupported(format string, args ...any) error {
	return unsupported{fmt.Sprintf(format, args...)}
}

// Refused marks a result that the engine refuses to give, with its sentence.
// It agrees with an expected text (a peer's refusal, whatever its wording) and
// with null, and differs from a number.
type Refused struct{ Err error }

// PartlyRefused is a refusal with what is known all the same, for a case that
// expects an object here.
type PartlyRefused struct {
	Refused
	Rest map[string]any
}

// Verdict of a case.
type Verdict string

// The verdicts. An Error is a case file that cannot be read.
const (
	Agree          Verdict = "agree"
	Differ         Verdict = "differ"
	NotSupported   Verdict = "unsupported"
	BrokenCaseFile Verdict = "error"
)

// Result is the outcome of one case.
type Result struct {
	Case     string  `json:"case"`
	File     string  `json:"file,omitempty"`
	Method   string  `json:"method"`
	Compared int     `json:"compared"`
	MaxRel   float64 `json:"largest_relative_difference"`
	Verdict  Verdict `json:"verdict"`
	// Worst is the path with the largest excess over its tolerance.
	Worst   *Gap     `json:"worst,omitempty"`
	Missing []string `json:"missing,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	// NotRead are fields of params and design that the adapter did not look at:
	// notes, or an option that the product does not know.
	NotRead  []string `json:"fields_not_read,omitempty"`
	DiffersN int      `json:"differing,omitempty"`
}

// Gap is one value that is outside its tolerance.
type Gap struct {
	Path string `json:"path"`
	Got  string `json:"got"`
	Want string `json:"want"`
	over float64
}

// Check runs the adapter of a case and compares. It never panics: a panic of
// an adapter is a difference with the panic's text.
func Check(c *Case) (r Result) {
	r = Result{Case: c.Name, Method: c.Method}
	fn, ok := registry[c.Method]
	if !ok {
		r.Verdict, r.Reason = NotSupported, "no adapter for this method"
		return r
	}
	got, err := call(fn, c)
	r.NotRead = c.notRead()
	var un unsupported
	switch {
	case errors.As(err, &un):
		r.Verdict, r.Reason = NotSupported, un.reason
	case refusal(err):
		// The engine refuses the whole case with a sentence: that agrees with a
		// peer's refusal or null and differs from every number.
		all := map[string]any{}
		for _, k := range c.Expected.Keys {
			all[k] = Refused{err}
		}
		compare(c, all, &r)
	case err != nil:
		r.Verdict, r.Reason = Differ, err.Error()
	default:
		compare(c, got, &r)
	}
	return r
}

// designOptions are the further entries of a design that adapters know.
var designOptions = map[string]bool{"frequency": true, "inclusion_probability": true}

// notRead are the fields of params and design that no adapter looked at.
func (c *Case) notRead() (fields []string) {
	for _, k := range c.Params.notRead() {
		fields = append(fields, "params."+k)
	}
	for k := range c.Design.Other {
		if !designOptions[k] {
			fields = append(fields, "design."+k)
		}
	}
	sort.Strings(fields)
	return fields
}

// refusal reports whether an error is the engine's own about the data, and not
// one of the adapter about the case file.
func refusal(err error) bool {
	_, ok := errors.AsType[*errs.Error](err)
	return ok
}

// refuse is a refusal that an adapter gives in the engine's place, where the
// case asks for what no design can give.
func refuse(key, format string, args ...any) error {
	return errs.New(errs.Invalid, "conformance."+key, format, args...)
}

func call(fn Func, c *Case) (got map[string]any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the adapter panicked: %v", p)
		}
	}()
	return fn(c)
}
