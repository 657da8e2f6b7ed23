package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// Object is a JSON object that keeps the order of its keys, which some methods
// depend on (the margins of a raking that stops early).
type Object struct {
	Keys   []string
	Values map[string]any
	read   map[string]bool
}

// Has reports whether the key is there and not null.
func (o *Object) Has(key string) bool {
	return o.get(key) != nil
}

// get is the value of a key, which then counts as read.
func (o *Object) get(key string) any {
	if o == nil {
		return nil
	}
	if o.read == nil {
		o.read = map[string]bool{}
	}
	o.read[key] = true
	return o.Values[key]
}

// notRead are the keys with a value that nobody asked for.
func (o *Object) notRead() (keys []string) {
	for _, k := range o.Keys {
		if o.Values[k] != nil && !o.read[k] {
			keys = append(keys, k)
		}
	}
	return keys
}

// maxDepth bounds the nesting of a case file.
const maxDepth = 64

// decode reads one JSON value: *Object, []any, float64, string, bool or nil.
func decode(b []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	v, err := decodeValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("text after the end of the JSON value at byte %d", d.InputOffset())
	}
	return v, nil
}

func decodeValue(d *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested more than %d levels deep at byte %d", maxDepth, d.InputOffset())
	}
	t, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("broken JSON at byte %d: %w", d.InputOffset(), err)
	}
	switch v := t.(type) {
	case json.Delim:
		if v == '[' {
			return decodeList(d, depth)
		}
		return decodeObject(d, depth)
	case json.Number:
		f, err := strconv.ParseFloat(v.String(), 64)
		if err != nil {
			return nil, fmt.Errorf("number %s out of range at byte %d", v, d.InputOffset())
		}
		return f, nil
	default:
		return t, nil
	}
}

func decodeList(d *json.Decoder, depth int) (any, error) {
	list := []any{}
	for d.More() {
		v, err := decodeValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.Token()
	return list, err
}

func decodeObject(d *json.Decoder, depth int) (any, error) {
	o := &Object{Values: map[string]any{}}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("broken JSON at byte %d: %w", d.InputOffset(), err)
		}
		k, ok := t.(string)
		if !ok {
			return nil, fmt.Errorf("object key is not a string at byte %d", d.InputOffset())
		}
		v, err := decodeValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		if _, dup := o.Values[k]; dup {
			return nil, fmt.Errorf("key %q twice in one object at byte %d", k, d.InputOffset())
		}
		o.Keys = append(o.Keys, k)
		o.Values[k] = v
	}
	_, err := d.Token()
	return o, err
}
