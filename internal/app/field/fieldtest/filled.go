package fieldtest

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gongping/internal/app/field"
	"gongping/internal/authz"
)

// Filled is a round in which all cases are complete. Liar invented theirs: in
// six seconds, with one pattern; Honest did not.
type Filled struct {
	*Fixture
	Liar   authz.Actor
	Honest []authz.Actor
	Sent   map[string][]Sent // by account, lowest level first
}

// Sent is an answer as its evaluator saw it on the phone: the receipt, and what
// the grades sum to.
type Sent struct {
	Receipt string
	Level   int
}

// LoadFilled makes it; the answers are the same every time.
func LoadFilled(t testing.TB) *Filled {
	t.Helper()
	f := &Filled{Fixture: Load(t), Sent: map[string][]Sent{}}
	people := f.Evaluators()
	slices.SortFunc(people, func(a, b authz.Actor) int { return strings.Compare(a.Name+a.Area, b.Name+b.Area) })
	f.Liar, f.Honest = people[0], people[1:]
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i, e := range people {
		cases, err := f.Field.MyCases(f.Ctx, e)
		f.must(err)
		// By the frame's ids: those of cases are random, and another answer for
		// another person would make other findings in every run.
		slices.SortFunc(cases, func(a, b field.CaseView) int { return strings.Compare(a.PersonID, b.PersonID) })
		rng := rand.New(rand.NewPCG(11, uint64(i)))
		for k, c := range cases {
			sub := Submission(c.ID, "4")
			sub.ID = fmt.Sprintf("%08x-0000-4000-8000-%012x", rng.Uint32(), rng.Uint64()>>16)
			sub.Seconds, sub.Hour = 90+rng.IntN(90), 9+k%10
			for _, item := range slices.Sorted(maps.Keys(sub.Answers)) {
				switch {
				case item == "contact":
				case i == 0:
					sub.Answers[item] = []string{"5", "4"}[len(item)%2]
				default:
					sub.Answers[item] = strconv.Itoa(2 + rng.IntN(4))
				}
			}
			if i == 0 {
				sub.Seconds = 6
			}
			wg.Go(func() {
				out, err := f.Field.Submit(f.Ctx, e, sub)
				if err != nil || out.Status != field.Accepted {
					t.Errorf("%+v, %v", out, err)
				}
				mu.Lock()
				defer mu.Unlock()
				f.Sent[e.AccountID] = append(f.Sent[e.AccountID], Sent{out.Receipt, level(sub)})
			})
		}
	}
	wg.Wait()
	for _, list := range f.Sent {
		slices.SortFunc(list, func(a, b Sent) int { return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Receipt, b.Receipt)) })
	}
	return f
}

func level(s field.Submission) (sum int) {
	for _, v := range s.Answers {
		n, _ := strconv.Atoi(v)
		sum += n
	}
	return sum
}
