package fieldwork

import "strings"

// A code that people read, say and type is eight digits and two check digits
// after ISO/IEC 7064, MOD 97-10: every single wrong digit and every swap of two
// neighbours is found.

// codeDigits is the length of a code without its check digits.
const codeDigits = 8

// CheckDigits returns the two check digits of a string of digits: with them the
// whole number leaves 1 when it is divided by 97.
func CheckDigits(digits string) string {
	n := 0
	for _, c := range digits {
		n = (n*10 + int(c-'0')) % 97
	}
	n = (98 - n*100%97) % 97
	return string([]byte{byte('0' + n/10), byte('0' + n%10)})
}

// NewCode makes a code from a random number.
func NewCode(random uint64) string {
	b := make([]byte, codeDigits)
	for i := range b {
		b[codeDigits-1-i] = byte('0' + random%10)
		random /= 10
	}
	return string(b) + CheckDigits(string(b))
}

// ParseCode reads a code as it was typed: spaces, dashes and full-width digits
// are forgiven. ok is false when it is no code or mistyped.
func ParseCode(s string) (code string, ok bool) {
	var b strings.Builder
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			b.WriteRune(c)
		case c >= '０' && c <= '９':
			b.WriteRune(c - '０' + '0')
		case c == ' ' || c == '-' || c == '–' || c == '\u3000' || c == '－':
		default:
			return "", false
		}
		if b.Len() > codeDigits+2 {
			return "", false
		}
	}
	code = b.String()
	return code, len(code) == codeDigits+2 && CheckDigits(code[:codeDigits]) == code[codeDigits:]
}

// ShowCode writes a code in groups that can be read aloud: 1234 5678 90.
func ShowCode(code string) string {
	if len(code) != codeDigits+2 {
		return code
	}
	return code[:4] + " " + code[4:8] + " " + code[8:]
}
