package conformance

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Case is one reference case with its data.
type Case struct {
	Name, Method, Software, Version, Call, DataFile, Notes string

	Design    DesignColumns
	Params    Params
	Expected  *Object
	Tolerance Tolerance
	Data      *Frame
}

// DesignColumns names the columns of the sampling design.
type DesignColumns struct {
	Present bool // the case has a design
	IDs     []string
	Strata  []string
	Weight  string
	FPC     []string
	Nest    bool
	Lonely  string
	// Other holds further entries ("frequency", "inclusion_probability").
	Other map[string]string
}

// Load reads <name>.json and its data file from a directory.
func Load(dir fs.FS, file string) (*Case, error) {
	b, err := fs.ReadFile(dir, file)
	if err != nil {
		return nil, err
	}
	c, err := ParseCase(b)
	if err != nil {
		return nil, err
	}
	if c.DataFile == "" || strings.ContainsAny(c.DataFile, `/\`) || !fs.ValidPath(c.DataFile) {
		return nil, fmt.Errorf("field data: %q is not a file name beside the case", c.DataFile)
	}
	raw, err := fs.ReadFile(dir, path.Clean(c.DataFile))
	if err != nil {
		return nil, fmt.Errorf("field data: %w", err)
	}
	c.Data, err = ParseFrame(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.DataFile, err)
	}
	return c, nil
}

// ParseCase reads the JSON of a case, without its data. Errors name the field.
func ParseCase(b []byte) (*Case, error) {
	v, err := decode(b)
	if err != nil {
		return nil, err
	}
	o, ok := v.(*Object)
	if !ok {
		return nil, fmt.Errorf("a case must be a JSON object")
	}
	c := &Case{}
	for _, f := range []struct {
		key  string
		to   *string
		must bool
	}{
		{"case", &c.Name, true}, {"method", &c.Method, true}, {"data", &c.DataFile, true},
		{"software", &c.Software, false}, {"version", &c.Version, false},
		{"call", &c.Call, false}, {"notes", &c.Notes, false},
	} {
		s, ok := o.Values[f.key].(string)
		if f.must && (!ok || s == "") {
			return nil, fmt.Errorf("field %s: a text is needed, found %s", f.key, show(o.Values[f.key]))
		}
		*f.to = s
	}
	if c.Expected, ok = o.Values["expected"].(*Object); !ok {
		return nil, fmt.Errorf("field expected: an object is needed, found %s", show(o.Values["expected"]))
	}
	if c.Params, err = parseParams(o.Values["params"]); err != nil {
		return nil, err
	}
	if c.Design, err = parseDesign(o.Values["design"]); err != nil {
		return nil, err
	}
	c.Tolerance, err = parseTolerance(o.Values["tolerance"])
	return c, err
}

func parseParams(v any) (Params, error) {
	switch p := v.(type) {
	case nil:
		return Params{&Object{Values: map[string]any{}}}, nil
	case *Object:
		return Params{p}, nil
	case []any:
		if len(p) == 0 { // R writes an empty list as []
			return Params{&Object{Values: map[string]any{}}}, nil
		}
	}
	return Params{}, fmt.Errorf("field params: an object is needed, found %s", show(v))
}

func parseDesign(v any) (d DesignColumns, err error) {
	o, ok := v.(*Object)
	if !ok {
		if l, isList := v.([]any); v == nil || isList && len(l) == 0 {
			return d, nil
		}
		return d, fmt.Errorf("field design: an object is needed, found %s", show(v))
	}
	d.Present, d.Other = true, map[string]string{}
	for _, k := range o.Keys {
		val := o.Values[k]
		bad := func(want string) error {
			return fmt.Errorf("field design.%s: %s is needed, found %s", k, want, show(val))
		}
		switch k {
		case "ids", "strata", "fpc":
			if f, isNumber := val.(float64); isNumber && k == "ids" && (f == 0 || f == 1) {
				continue // R's id=~1: every row its own unit
			}
			names, ok := stringsOf(val)
			if !ok && val != nil {
				return d, bad("a column name or a list of them")
			}
			switch k {
			case "ids":
				d.IDs = names
			case "strata":
				d.Strata = names
			default:
				d.FPC = names
			}
		case "nest":
			if d.Nest, ok = val.(bool); !ok && val != nil {
				return d, bad("true or false")
			}
		default:
			s, ok := val.(string)
			if !ok && val != nil {
				return d, bad("a text")
			}
			switch k {
			case "weight":
				d.Weight = s
			case "lonely":
				d.Lonely = s
			default:
				d.Other[k] = s
			}
		}
	}
	return d, nil
}

func parseTolerance(v any) (Tolerance, error) {
	t := Tolerance{Override: map[string]float64{}}
	o, ok := v.(*Object)
	if !ok {
		if l, isList := v.([]any); v == nil || isList && len(l) == 0 {
			return t, nil
		}
		return t, fmt.Errorf("field tolerance: an object is needed, found %s", show(v))
	}
	for _, k := range o.Keys {
		f, ok := o.Values[k].(float64)
		if !ok || f < 0 {
			return t, fmt.Errorf("field tolerance.%s: a number of at least 0 is needed, found %s", k, show(o.Values[k]))
		}
		switch k {
		case "rel":
			t.Rel = f
		case "abs":
			t.Abs = f
		default:
			t.Override[k] = f
		}
	}
	return t, nil
}

// stringsOf reads a text or a list of texts.
func stringsOf(v any) ([]string, bool) {
	switch s := v.(type) {
	case string:
		return []string{s}, true
	case []any:
		out := make([]string, len(s))
		for i, e := range s {
			t, ok := e.(string)
			if !ok {
				return nil, false
			}
			out[i] = t
		}
		return out, true
	}
	return nil, false
}
