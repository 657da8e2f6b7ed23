package conformance

import "fmt"

// Params are the inputs of a case, with getters that name the field at fault.
type Params struct{ *Object }

func (p Params) wrong(key, want string) error {
	if v, ok := p.Values[key]; ok {
		return fmt.Errorf("field params.%s: %s is needed, found %s", key, want, show(v))
	}
	return fmt.Errorf("field params.%s: %s is needed, the field is missing", key, want)
}

// String is a text.
func (p Params) String(key string) (string, error) {
	if s, ok := p.get(key).(string); ok {
		return s, nil
	}
	return "", p.wrong(key, "a text")
}

// StringOr is a text, or def where the field is missing or null.
func (p Params) StringOr(key, def string) (string, error) {
	if !p.Has(key) {
		return def, nil
	}
	return p.String(key)
}

// Strings is a list of texts; a single text counts as a list of one, a missing
// field or null as an empty list.
func (p Params) Strings(key string) ([]string, error) {
	if !p.Has(key) {
		return nil, nil
	}
	if s, ok := stringsOf(p.get(key)); ok {
		return s, nil
	}
	return nil, p.wrong(key, "a list of texts")
}

// Float is a number.
func (p Params) Float(key string) (float64, error) {
	if f, ok := p.get(key).(float64); ok {
		return f, nil
	}
	return 0, p.wrong(key, "a number")
}

// FloatOr is a number, or def where the field is missing or null.
func (p Params) FloatOr(key string, def float64) (float64, error) {
	if !p.Has(key) {
		return def, nil
	}
	return p.Float(key)
}

// Floats is a list of numbers; a single number counts as a list of one, a
// missing field or null as an empty list.
func (p Params) Floats(key string) ([]float64, error) {
	switch v := p.get(key).(type) {
	case nil:
		return nil, nil
	case float64:
		return []float64{v}, nil
	case []any:
		out := make([]float64, len(v))
		for i, e := range v {
			f, ok := e.(float64)
			if !ok {
				return nil, p.wrong(key, "a list of numbers")
			}
			out[i] = f
		}
		return out, nil
	}
	return nil, p.wrong(key, "a list of numbers")
}

// Int is a whole number.
func (p Params) Int(key string) (int, error) {
	f, ok := p.get(key).(float64)
	if !ok || f != float64(int(f)) {
		return 0, p.wrong(key, "a whole number")
	}
	return int(f), nil
}

// IntOr is a whole number, or def where the field is missing or null.
func (p Params) IntOr(key string, def int) (int, error) {
	if !p.Has(key) {
		return def, nil
	}
	return p.Int(key)
}

// Bool is true or false, or def where the field is missing or null.
func (p Params) Bool(key string, def bool) (bool, error) {
	if !p.Has(key) {
		return def, nil
	}
	if b, ok := p.get(key).(bool); ok {
		return b, nil
	}
	return false, p.wrong(key, "true or false")
}

// Sub is a nested object, in the order of the file.
func (p Params) Sub(key string) (Params, error) {
	if o, ok := p.get(key).(*Object); ok {
		return Params{o}, nil
	}
	return Params{}, p.wrong(key, "an object")
}
