package demo

import (
	"math"
	"regexp"
	"sync"
	"testing"

	"gongping/survey"
)

// full is the demonstration as shipped, made once for all tests.
var full = sync.OnceValue(func() *World { return Generate(DefaultSeed, Options{}) })

// TestAreas compares with the national list: 13 streets and 312 committees, the
// development zone left out.
func TestAreas(t *testing.T) {
	t.Parallel()
	w, n := full(), map[survey.Level]int{}
	parents := map[string]bool{"": true}
	for _, a := range w.Areas {
		n[a.Level]++
		if a.Level != survey.LevelOf(a.Code) || a.Parent != survey.ParentOf(a.Code) || !parents[a.Parent] {
			t.Fatalf("area %+v is out of place", a)
		}
		parents[a.Code] = true
	}
	if n[survey.District] != 1 || n[survey.Street] != 13 || n[survey.Committee] != 312 {
		t.Errorf("levels: %v", n)
	}
	if g := n[survey.Grid]; g < 2*312 || g > 4*312 {
		t.Errorf("%d grids", g)
	}
	if parents["310104501"] {
		t.Error("the development zone has no residents' committee and should be left out")
	}
	byArea := map[string]int{}
	for _, x := range w.Workers {
		byArea[x.AreaCode]++
	}
	for _, c := range w.committees {
		if k := byArea[c.code]; k < 5 || k > 8 {
			t.Errorf("%s has %d workers", c.code, k)
		}
	}
}

// TestCensus compares the frame with the 2020 census of the district: sex × age
// band to within one person (largest remainders), one-person households and
// household size, and tenure.
func TestCensus(t *testing.T) {
	t.Parallel()
	w := full()
	if n := len(w.People); n < 99_500 || n > 100_600 {
		t.Errorf("%d residents, want about 100,000", n)
	}
	adults := 0.0
	for _, b := range append(append([]band(nil), w.census.men...), w.census.women...) {
		adults += b.adults()
	}
	for sex, bands := range map[string][]band{"m": w.census.men, "f": w.census.women} {
		for _, b := range bands {
			n := 0
			for i := range w.People {
				if p := &w.People[i]; p.Sex == sex && p.age >= b.from && p.age <= b.to {
					n++
				}
			}
			want := b.adults() / adults * float64(len(w.People))
			if math.Abs(float64(n)-want) > 1 {
				t.Errorf("%s %s: %d residents, the census share is %.1f", sex, b.label, n, want)
			}
		}
	}
	sizes, rented := map[string]int{}, map[string]bool{}
	for i := range w.People {
		p := &w.People[i]
		sizes[p.HouseholdID] = p.size
		if p.Tenure == tenant {
			rented[p.HouseholdID] = true
		}
	}
	one, sum := 0, 0
	for _, n := range sizes {
		sum += n
		if n == 1 {
			one++
		}
		if n < 1 || n > 5 {
			t.Fatalf("a household of %d", n)
		}
	}
	within(t, "one-person households", float64(one)/float64(len(sizes)), 108453.0/414874, 0.01)
	within(t, "household size", float64(sum)/float64(len(sizes)), 977841.0/414874, 0.02)
	within(t, "rented homes", float64(len(rented))/float64(len(sizes)), 12285.0/38779, 0.001)
}

func within(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: %.4f, want %.4f ± %.4f", what, got, want, tolerance)
	}
}

// TestSizes: committees vary, and buildings and grids fit their committee.
func TestSizes(t *testing.T) {
	t.Parallel()
	w := full()
	lo, hi := math.MaxInt, 0
	for _, c := range w.committees {
		lo, hi = min(lo, c.population), max(hi, c.population)
	}
	if lo < 100 || lo > 160 || hi < 550 || hi > 800 {
		t.Errorf("committees of %d to %d adults", lo, hi)
	}
	grid := map[string]string{}
	homes := map[string]string{}
	for i := range w.People {
		p := &w.People[i]
		key := p.Committee + p.Building
		if g, seen := grid[key]; seen && g != p.Grid {
			t.Fatalf("building %s lies in two grids", key)
		}
		grid[key] = p.Grid
		if p.Address == "" {
			continue
		}
		if h, seen := homes[p.Address]; seen && h != p.HouseholdID {
			t.Fatalf("two households at %s", p.Address)
		}
		homes[p.Address] = p.HouseholdID
	}
}

// TestNobodyReal: every name is marked, every number lies in the range that
// cannot be dialled, and nothing looks like an identity card or a real mobile.
func TestNobodyReal(t *testing.T) {
	t.Parallel()
	w := full()
	name := regexp.MustCompile(`^\p{Han}某[甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥][〇一二三四五六七八九]$`)
	phone := regexp.MustCompile(`^` + PhonePrefix + `\d{8}$`)
	official := regexp.MustCompile(`^\p{Han}例[甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥]$`)
	seen := map[string]bool{}
	for i := range w.People {
		p := &w.People[i]
		if !name.MatchString(p.Name) || (p.Phone != "" && !phone.MatchString(p.Phone)) {
			t.Fatalf("%q %q are not plainly synthetic", p.Name, p.Phone)
		}
		if p.Phone == "" && p.Address == "" || seen[p.Phone] && p.Phone != "" {
			t.Fatalf("%s has no contact, or a number of somebody else", p.ID)
		}
		seen[p.Phone] = true
	}
	for _, x := range w.Workers {
		if !official.MatchString(x.Name) {
			t.Fatalf("worker name %q is not plainly synthetic", x.Name)
		}
	}
	mobile := regexp.MustCompile(`1[3-9]\d{9}|\d{17}[\dXx]`)
	for _, list := range [][]string{praise, wish, grievanceSaid, collectiveSaid, coachedSaid, englishSaid} {
		for _, s := range list {
			if mobile.MatchString(s) {
				t.Errorf("comment %q holds a number", s)
			}
		}
	}
}

// TestAccounts: every role signs in, six evaluators at least, and the places
// exist.
func TestAccounts(t *testing.T) {
	t.Parallel()
	w := full()
	roles, featured, logins := map[string]int{}, map[string]bool{}, map[string]bool{}
	areas := map[string]bool{}
	for _, a := range w.Areas {
		areas[a.Code] = true
	}
	for _, a := range w.Accounts {
		if logins[a.Login] || !areas[a.AreaCode] || a.DisplayName == "" || (a.Role == "worker") != (a.WorkerNo != "") {
			t.Errorf("account %+v", a)
		}
		logins[a.Login] = true
		roles[a.Role]++
		featured[a.Role] = featured[a.Role] || a.Featured
	}
	for _, role := range []string{"admin", "manager", "evaluator", "supervisor", "leader", "worker", "panel", "auditor", "department"} {
		if !featured[role] {
			t.Errorf("no featured account for %s", role)
		}
	}
	if roles["evaluator"] < 6 || roles["panel"] < 5 || roles["leader"] != 13 || roles["manager"] < 2 {
		t.Errorf("roles: %v", roles)
	}
	for _, login := range reviewers {
		if !logins[login] {
			t.Errorf("reviewer %s has no account", login)
		}
	}
}

// TestSmall: a test's world has the same parts.
func TestSmall(t *testing.T) {
	t.Parallel()
	w := Generate(7, Small())
	if n := len(w.People); n < 1950 || n > 2080 || len(w.committees) != 16 {
		t.Errorf("%d residents in %d committees", n, len(w.committees))
	}
	a, b, c := w.Truth.Collective, w.Truth.Coached, w.Truth.Lone
	if len(a.People) == 0 || len(b.People) == 0 || len(c.People) == 0 || a.Committee == b.Committee || b.Committee == c.Committee || a.Committee == c.Committee {
		t.Errorf("stories: %+v %+v %+v", a, b, c)
	}
}

// TestPanelAndIndicators: complete, in range, and following the truth in part.
func TestPanelAndIndicators(t *testing.T) {
	t.Parallel()
	w := full()
	if n := len(w.Indicators); n != 312*len(IndicatorKinds) {
		t.Errorf("%d indicator values", n)
	}
	for _, x := range w.Indicators {
		if x.Numerator < 0 || x.Denominator <= 0 || x.Numerator > x.Denominator {
			t.Fatalf("indicator %+v", x)
		}
	}
	if n := len(w.Ratings); n != 312*4*len(reviewers) {
		t.Errorf("%d ratings", n)
	}
	var marks, effects []float64
	for i, c := range w.committees {
		sum := 0
		for _, x := range w.Ratings[i*12 : i*12+12] {
			if x.Score < 0 || x.Score > 10 || x.Note == "" || x.Committee != c.code {
				t.Fatalf("rating %+v", x)
			}
			sum += x.Score
		}
		marks, effects = append(marks, float64(sum)), append(effects, c.effect)
	}
	if r := correlation(marks, effects); r < 0.6 || r > 0.98 {
		t.Errorf("panel follows the truth with r = %.2f", r)
	}
}

func correlation(x, y []float64) float64 {
	n := float64(len(x))
	var sx, sy, sxx, syy, sxy float64
	for i := range x {
		sx, sy = sx+x[i], sy+y[i]
		sxx, syy, sxy = sxx+x[i]*x[i], syy+y[i]*y[i], sxy+x[i]*y[i]
	}
	return (sxy - sx*sy/n) / math.Sqrt((sxx-sx*sx/n)*(syy-sy*sy/n))
}
