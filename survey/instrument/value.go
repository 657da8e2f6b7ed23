package instrument

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Numbers are kept as decimals of at most maxPlaces places and maxWhole whole
// digits, and compared exactly, as multiples of 10^-maxPlaces.
const (
	maxPlaces = 6
	maxWhole  = 12
	unit      = 1_000_000
)

var errNumber = errors.New("no number")

// parseNumber reads a decimal as a multiple of 10^-6. It allows a sign, leading
// zeros, full-width digits and trailing zeros, and no exponent.
func parseNumber(s string) (int64, error) {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == '．' || r == '。':
			return '.'
		case r == '－' || r == '−':
			return '-'
		case r == '＋':
			return '+'
		}
		return r
	}, strings.TrimSpace(s))
	negative := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative, s = s[0] == '-', s[1:]
	}
	whole, places, _ := strings.Cut(s, ".")
	places = strings.TrimRight(places, "0")
	whole = strings.TrimLeft(whole, "0")
	if s == "" || s == "." || len(whole) > maxWhole || len(places) > maxPlaces {
		return 0, errNumber
	}
	n, err := strconv.ParseUint("0"+whole+places+strings.Repeat("0", maxPlaces-len(places)), 10, 63)
	if err != nil {
		return 0, errNumber
	}
	if negative {
		return -int64(n), nil
	}
	return int64(n), nil
}

// formatNumber writes the canonical form: no plus sign, no needless zeros, no
// "-0".
func formatNumber(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	places := strings.TrimRight(strconv.FormatInt(n%unit+unit, 10)[1:], "0")
	if places != "" {
		places = "." + places
	}
	return sign + strconv.FormatInt(n/unit, 10) + places
}

// CanonicalNumber gives the canonical form of a decimal.
func CanonicalNumber(s string) (string, bool) {
	n, err := parseNumber(s)
	if err != nil {
		return "", false
	}
	return formatNumber(n), true
}

func canonicalNumber(s string) bool {
	c, ok := CanonicalNumber(s)
	return ok && c == s
}

// places counts the digits after the point of a canonical decimal.
func places(s string) int {
	_, p, _ := strings.Cut(s, ".")
	return len(p)
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil && len(s) == len(time.DateOnly)
}
