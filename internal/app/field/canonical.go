package field

import (
	"encoding/json"
	"slices"
	"strconv"

	"gongping/survey/instrument"
)

// appendAnswers appends answers as JSON, byte for byte as encoding/json does,
// without its reflection. The keys are sorted.
func appendAnswers(b []byte, a instrument.Answers) []byte {
	if a == nil {
		return append(b, "null"...)
	}
	var room [48]string
	keys := room[:0]
	for k := range a {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b = append(b, '{')
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, k), ':')
		b = appendText(b, a[k])
	}
	return append(b, '}')
}

// encodeAnswers is appendAnswers into room of its own.
func encodeAnswers(a instrument.Answers) []byte {
	return appendAnswers(make([]byte, 0, 16+24*len(a)), a)
}

// appendText appends a JSON string. Plain ASCII, which codes and numbers are,
// is copied; the rest is left to encoding/json.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c >= 0x7f, c == '"', c == '\\', c == '<', c == '>', c == '&':
			text, _ := json.Marshal(s) // a string always encodes
			return append(b, text...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// appendDigested appends what the digest of a response is made over; encoded
// are its answers as appendAnswers gives them.
func appendDigested(b []byte, id, round string, version int, mode string, encoded []byte) []byte {
	b = append(b, `{"v":1,"id":`...)
	b = appendText(b, id)
	b = append(b, `,"round":`...)
	b = appendText(b, round)
	b = append(b, `,"version":`...)
	b = strconv.AppendInt(b, int64(version), 10)
	b = append(b, `,"mode":`...)
	b = appendText(b, mode)
	b = append(b, `,"answers":`...)
	return append(append(b, encoded...), '}')
}
