// Package errs holds the one error type of the system.
//
// Domain and use-case code returns *Error for anything a person or a program
// outside can act on; every other error means "internal": it is logged in full
// and shown as a neutral sentence. The one mapping to HTTP (RFC 9457) is in
// package web/problem.
package errs

import (
	"errors"
	"fmt"
	"strings"
)

// Code classifies an error. There are few on purpose: a code decides the HTTP
// status and the exit status of a command, the Key decides the sentence.
type Code string

// The codes of the system.
const (
	Invalid      Code = "invalid"      // the input is wrong and the caller can mend it
	Unauthorized Code = "unauthorized" // nobody is signed in
	Forbidden    Code = "forbidden"    // signed in, but the access table says no
	NotFound     Code = "not_found"    // no such thing, or none that the caller may know of
	Conflict     Code = "conflict"     // it changed between the caller's look and the act: look again
	NotNow       Code = "not_now"      // something has to happen before, or there is nothing to do: come back then
	Done         Code = "on_record"    // it was done before, or the name is taken: do not repeat
	Closed       Code = "closed"       // ended or frozen, for good
	Barred       Code = "barred"       // a rule forbids it, for these persons or these data
	Differs      Code = "differs"      // a check found that two things which must be equal are not
	Gone         Code = "gone"         // it existed, and was used up or has expired
	TooMany      Code = "too_many"     // a rate limit
	TooLarge     Code = "too_large"    // the upload is over a stated limit
	Unavailable  Code = "unavailable"  // a dependency is down; trying again may help
	Internal     Code = "internal"     // our fault
)

// family are the codes that Conflict stands for when it is asked about: the state
// does not allow the act, and sending the same again changes nothing.
var family = map[Code]bool{Conflict: true, NotNow: true, Done: true, Closed: true, Barred: true, Differs: true}

// Error is an error with a code, and, for data problems, where it is and how
// to mend it.
type Error struct {
	Code Code
	// Key names the sentence in the catalogues ("round.frozen"); Args fill it.
	// Both interface languages hold every key.
	Key  string
	Args map[string]any
	// Message is the English sentence, for logs, the command line and the API.
	Message string
	// Where says which file, row, column or field; Found and Want what stood
	// there and what was expected; Hint how to mend it. All may be empty.
	Where, Found, Want, Hint string
	// Details are the single faults of a larger input, such as the bad rows of
	// an import.
	Details []*Error
	err     error
}

// New returns an error with a code, a catalogue key and an English sentence.
func New(code Code, key, format string, args ...any) *Error {
	return &Error{Code: code, Key: key, Message: fmt.Sprintf(format, args...)}
}

// Wrap returns New with a cause, which is logged but never shown.
func Wrap(err error, code Code, key, format string, args ...any) *Error {
	e := New(code, key, format, args...)
	e.err = err
	return e
}

// With sets the values that the catalogue sentence of Key is filled with and
// returns e.
func (e *Error) With(args map[string]any) *Error {
	e.Args = args
	return e
}

// At sets where the fault is, what was found, what was expected and how to
// mend it, and returns e.
func (e *Error) At(where, found, want, hint string) *Error {
	e.Where, e.Found, e.Want, e.Hint = where, found, want, hint
	return e
}

// Error gives the English sentence with place, finding, expectation and hint.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Where != "" {
		b.WriteString(e.Where)
		b.WriteString(": ")
	}
	b.WriteString(e.Message)
	if e.Found != "" {
		fmt.Fprintf(&b, ": found %q", e.Found)
	}
	if e.Want != "" {
		fmt.Fprintf(&b, ", expected %s", e.Want)
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, " (%s)", e.Hint)
	}
	if n := len(e.Details); n > 0 {
		fmt.Fprintf(&b, " [%d details]", n)
	}
	if e.err != nil {
		fmt.Fprintf(&b, ": %v", e.err)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.err }

// CodeOf returns the code of the first *Error in err's chain, Internal for any
// other error, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// Is reports whether err carries code. Conflict covers all codes that tell why a
// state does not allow an act: not now, on record, closed, barred, differs.
func Is(err error, code Code) bool {
	if code == Conflict {
		return family[CodeOf(err)]
	}
	return CodeOf(err) == code
}
