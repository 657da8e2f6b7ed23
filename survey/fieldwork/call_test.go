package fieldwork

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func at(day, hour, minute int) time.Time {
	return time.Date(2026, 11, day, hour, minute, 0, 0, Zone)
}

func TestWaitsBeforeTheNextCall(t *testing.T) {
	for _, c := range []struct {
		name  string
		tries []Try
		want  time.Time
		stop  bool
	}{
		{"never tried", nil, time.Time{}, false},
		{"no answer", []Try{{at(2, 10, 0), Phone, NoAnswer}}, at(2, 13, 0), false},
		{"refused once", []Try{{at(2, 10, 0), Phone, RefusedPerson}}, at(9, 10, 0), false},
		{"refused, then no answer", []Try{{at(2, 10, 0), Phone, RefusedPerson}, {at(9, 11, 0), Phone, NoAnswer}}, at(9, 14, 0), false},
		{"refused twice", []Try{{at(2, 10, 0), Phone, RefusedPerson}, {at(9, 11, 0), Phone, RefusedPerson}}, time.Time{}, true},
		{"moved away", []Try{{at(2, 10, 0), Phone, MovedAway}}, time.Time{}, true},
	} {
		got, stop := DefaultRetry.NextCall(c.tries)
		if !got.Equal(c.want) || stop != c.stop {
			t.Errorf("%s: from %v, stop %v", c.name, got, stop)
		}
	}
}

func TestOrderOfCalls(t *testing.T) {
	now := at(5, 19, 0)
	cases := []Callable{
		{ID: "evening-before", Tries: []Try{{at(4, 19, 0), Phone, NoAnswer}}},
		{ID: "morning-before", Tries: []Try{{at(4, 10, 0), Phone, NoAnswer}}},
		{ID: "too-soon", Tries: []Try{{at(5, 18, 0), Phone, NoAnswer}}},
		{ID: "agreed", Tries: []Try{{at(5, 18, 30), Phone, Appointment}}, Appointment: at(5, 18, 55)},
		{ID: "agreed-later", Tries: []Try{{at(5, 18, 30), Phone, Appointment}}, Appointment: at(5, 20, 0)},
		{ID: "gone", Tries: []Try{{at(4, 10, 0), Phone, MovedAway}}},
	}
	for i := range cases {
		cases[i].Rule = DefaultRetry
	}
	due, later := Calls(cases, "e", now)
	var got []string
	for _, c := range due {
		got = append(got, c.ID)
	}
	if len(got) != 3 || got[0] != "agreed" || got[1] != "morning-before" || got[2] != "evening-before" {
		t.Errorf("due %v", got)
	}
	if len(later) != 2 || later[0].ID != "agreed-later" || later[1].ID != "too-soon" {
		t.Errorf("later %+v", later)
	}
	if due, later := Calls(cases, "e", at(5, 22, 0)); len(due) != 0 || len(later) != 5 {
		t.Errorf("at night: %d due, %d later", len(due), len(later))
	}
}

// The order does not depend on the order of the list, differs by day and by
// evaluator, and puts every case in every place.
func TestCallsAreInRandomOrder(t *testing.T) {
	var cases []Callable
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		cases = append(cases, Callable{ID: id, Rule: DefaultRetry})
	}
	first := map[string]int{}
	for day := 1; day <= 200; day++ {
		now := time.Date(2026, 1, day, 10, 0, 0, 0, Zone)
		due, _ := Calls(cases, "e", now)
		turned, _ := Calls([]Callable{cases[4], cases[2], cases[0], cases[3], cases[1]}, "e", now)
		for i := range due {
			if due[i].ID != turned[i].ID {
				t.Fatal("the order depends on the list")
			}
		}
		first[due[0].ID]++
	}
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		if first[id] < 20 || first[id] > 65 { // 40 expected, sd 5.7
			t.Errorf("%s came first on %d of 200 days", id, first[id])
		}
	}
}

// MOD 97-10: the worked example of ISO/IEC 7064 is 794 with check digits 44.
func TestCheckDigits(t *testing.T) {
	if got := CheckDigits("794"); got != "44" {
		t.Errorf("794 has the check digits %s", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		code := NewCode(rapid.Uint64().Draw(t, "n"))
		if got, ok := ParseCode(" " + code[:3] + "-" + code[3:]); !ok || got != code {
			t.Fatalf("%s is not read", code)
		}
		i := rapid.IntRange(0, len(code)-1).Draw(t, "place")
		wrong := []byte(code)
		wrong[i] = byte('0' + (int(wrong[i]-'0')+rapid.IntRange(1, 9).Draw(t, "by"))%10)
		if _, ok := ParseCode(string(wrong)); ok {
			t.Fatalf("%s with a wrong digit %s is taken", code, wrong)
		}
		if j := i + 1; j < len(code) && code[i] != code[j] {
			swap := []byte(code)
			swap[i], swap[j] = swap[j], swap[i]
			if _, ok := ParseCode(string(swap)); ok {
				t.Fatalf("%s swapped to %s is taken", code, swap)
			}
		}
	})
}

func FuzzParseCode(f *testing.F) {
	for _, s := range []string{"", "1234 5678 90", NewCode(7), "１２３４", "12345678901234567890", "\xff1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, ok := ParseCode(s)
		if ok && (len(code) != 10 || NewCode(number(code[:8])) != code) {
			t.Errorf("%q gave %q", s, code)
		}
	})
}

func number(s string) (n uint64) {
	for _, c := range s {
		n = n*10 + uint64(c-'0')
	}
	return n
}
