// Package fieldwork holds the rules of collecting: the disposition codes of the
// American Association for Public Opinion Research, the final disposition of a
// case, the outcome rates, and when a case may be given to a reserve.
//
// Source: AAPOR, Standard Definitions: Final Dispositions of Case Codes and
// Outcome Rates for Surveys, 10th edition, 2023 ("SD" below).
package fieldwork

import (
	"time"

	"gongping/internal/errs"
)

// Zone is the zone in which days and hours of fieldwork are counted.
var Zone = time.FixedZone("CST", 8*60*60)

// Class is the group of a code in the outcome rates.
type Class string

// The classes of SD, with their letters.
const (
	Interview     Class = "I"
	Partial       Class = "P"
	Refusal       Class = "R"  // refusal and break-off
	NonContact    Class = "NC" // eligible, never reached
	Other         Class = "O"  // eligible and reached, but no interview for another reason
	UnknownHouse  Class = "UH" // unknown whether there is such a household
	UnknownPerson Class = "UO" // unknown whether the person is eligible
	NotEligible   Class = "NE"
)

// Code is a disposition of a contact attempt, and of a case at its end.
type Code string

// The codes that are used here. Those of four digits in SD for one mode only
// are left out: door, telephone and link share this list.
const (
	Complete         Code = "1.1"
	PartialInterview Code = "1.2"
	RefusedHousehold Code = "2.111"
	RefusedPerson    Code = "2.112"
	BreakOff         Code = "2.12"
	NoContact        Code = "2.2"
	NobodyHome       Code = "2.24"
	PersonAway       Code = "2.25"
	Deceased         Code = "2.31"
	Unable           Code = "2.32"
	Language         Code = "2.33"
	OtherReason      Code = "2.36"
	NotAttempted     Code = "3.11"
	NoAnswer         Code = "3.13"
	NotLocated       Code = "3.18"
	MovedAway        Code = "4.1"
	NoEligible       Code = "4.7"
	// Appointment is a temporary code (SD, "temporary dispositions"): the person
	// was reached and asked to be called on again. It is no final outcome; a
	// case that ends with it counts as Other.
	Appointment Code = "5.1"
)

// Disposition describes a code. Key is its sentence in the catalogues.
type Disposition struct {
	Code  Code
	Class Class
	Key   string
	// Ends says that the case needs no further try: it is known that there will
	// be no interview. All others have to fulfil the rule of tries first.
	Ends bool
	// Reached says that somebody spoke with the evaluator or that something was
	// learnt about the person: it outweighs a later knock at a closed door.
	Reached bool
	// Doors and Phones say in which modes an evaluator may choose it.
	Door, Phone bool
}

// Dispositions lists the codes in the order of the pages.
var Dispositions = []Disposition{
	{Code: Complete, Class: Interview, Ends: true, Reached: true},
	{Code: PartialInterview, Class: Partial, Reached: true},
	{Code: Appointment, Class: Other, Reached: true, Door: true, Phone: true},
	{Code: NobodyHome, Class: NonContact, Door: true},
	{Code: PersonAway, Class: NonContact, Door: true, Phone: true},
	{Code: NoAnswer, Class: UnknownHouse, Phone: true},
	{Code: RefusedPerson, Class: Refusal, Reached: true, Door: true, Phone: true},
	{Code: RefusedHousehold, Class: Refusal, Reached: true, Door: true, Phone: true},
	{Code: BreakOff, Class: Refusal, Reached: true, Door: true, Phone: true},
	{Code: Unable, Class: Other, Ends: true, Reached: true, Door: true, Phone: true},
	{Code: Language, Class: Other, Ends: true, Reached: true, Door: true, Phone: true},
	{Code: Deceased, Class: Other, Ends: true, Reached: true, Door: true, Phone: true},
	{Code: MovedAway, Class: NotEligible, Ends: true, Reached: true, Door: true, Phone: true},
	{Code: NotLocated, Class: UnknownHouse, Door: true},
	{Code: OtherReason, Class: Other, Reached: true, Door: true, Phone: true},
	{Code: NoEligible, Class: NotEligible, Ends: true, Reached: true},
	{Code: NoContact, Class: NonContact},
	{Code: NotAttempted, Class: UnknownHouse},
}

var byCode = func() map[Code]Disposition {
	m := make(map[Code]Disposition, len(Dispositions))
	for i := range Dispositions {
		d := &Dispositions[i]
		d.Key = "disposition." + string(d.Code)
		m[d.Code] = *d
	}
	return m
}()

// Lookup finds a code.
func Lookup(c Code) (Disposition, bool) {
	d, ok := byCode[c]
	return d, ok
}

// Mode is how a person is reached.
type Mode string

// The modes.
const (
	Door  Mode = "door"
	Phone Mode = "phone"
	Link  Mode = "link"
	Paper Mode = "paper"
)

// Choices lists the codes that an evaluator may record in a mode; interviews
// are recorded by their answers, never by hand.
func Choices(m Mode) []Disposition {
	var out []Disposition
	for _, d := range Dispositions {
		if (m == Door && d.Door) || (m == Phone && d.Phone) {
			out = append(out, d)
		}
	}
	return out
}

// CheckAttempt returns an error unless an evaluator may record the code in the
// mode, with an appointment if and only if the code is Appointment.
func CheckAttempt(m Mode, c Code, at, appointment time.Time) error {
	bad := func(where, found, want string) error {
		return errs.New(errs.Invalid, "attempt.invalid", "the attempt cannot be recorded").At(where, found, want, "change it and send again")
	}
	if m != Door && m != Phone {
		return bad("mode", string(m), "door or phone")
	}
	ok := false
	for _, d := range Choices(m) {
		ok = ok || d.Code == c
	}
	switch {
	case !ok:
		return bad("disposition", string(c), "an outcome that this way of contact can have")
	case at.IsZero():
		return bad("at", "", "the time of the try")
	case c == Appointment && appointment.IsZero():
		return bad("appointment", "", "the time that was agreed")
	case c != Appointment && !appointment.IsZero():
		return bad("appointment", appointment.Format(time.RFC3339), "none, because nothing was agreed")
	case c == Appointment && !appointment.After(at):
		return bad("appointment", appointment.Format(time.RFC3339), "a time after the try")
	}
	return nil
}
