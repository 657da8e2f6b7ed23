package plant

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"gongping/survey/quality"
)

// count adds up what one detector did in scans of honest and of planted data.
type count struct{ tested, flagged, found, planted int }

func (c *count) null(d *quality.Data, name quality.Detector) {
	for _, x := range quality.Scan(d, quality.DefaultRules()).Tests {
		if x.Detector == name {
			c.tested++
			if x.Flagged {
				c.flagged++
			}
		}
	}
}

func (c *count) guilty(d *quality.Data, name quality.Detector, unit string) {
	c.planted++
	for _, x := range quality.Scan(d, quality.DefaultRules()).Flagged() {
		if x.Detector == name && x.Unit == unit {
			c.found++
			return
		}
	}
}

// 863 residents said how many years they have lived in Durham, 40% of them a
// multiple of five: people round by themselves. Given to interviewers at random
// nobody may stand out; who makes the numbers up in fives does.
func TestDigitsOfRealNumbers(t *testing.T) {
	t.Parallel()
	head, rows := table(t, "durham-resident-survey-2022", "responses.csv")
	at := map[string]int{}
	for i, h := range head {
		at[h] = i
	}
	var all, half count
	for rep := range 20 {
		rng := rand.New(rand.NewPCG(27, uint64(rep)))
		d := &quality.Data{}
		for i, k := range rng.Perm(len(rows)) {
			r := quality.Response{ID: fmt.Sprintf("%05d", i), Interviewer: fmt.Sprintf("i%02d", i%18), Committee: "durham", Hour: -1, Mode: "door"}
			if v, err := strconv.ParseFloat(rows[k][at["q27"]], 64); err == nil {
				r.Numbers = []float64{v}
			}
			d.Responses = append(d.Responses, r)
		}
		all.null(d, quality.Digit)
		for _, p := range []struct {
			every int
			c     *count
		}{{2, &half}, {1, &all}} {
			own := 0
			for i := range d.Responses {
				if r := &d.Responses[i]; r.Interviewer == "i03" && len(r.Numbers) > 0 {
					if own++; own%p.every == 0 {
						r.Numbers = []float64{5 * math.Ceil(r.Numbers[0]/5)}
					}
				}
			}
			p.c.guilty(d, quality.Digit, "i03")
		}
	}
	t.Logf("years in Durham: %d of %d honest interviewers flagged; all numbers in fives found in %d of %d, half of them in %d of %d", all.flagged, all.tested, all.found, all.planted, half.found, half.planted)
	if all.flagged > 1 || all.found < all.planted*9/10 {
		t.Errorf("%+v", all)
	}
}

// Each half of a lecturer's ratings is a round; the true change is nought, and
// the ratings are as skewed and as clustered in students as ratings are.
func TestLevelsOfRealRatings(t *testing.T) {
	t.Parallel()
	_, rows := table(t, "insteval", "insteval.csv")
	of := map[string][]int8{}
	for _, r := range rows {
		y, _ := strconv.Atoi(r[6])
		of[r[1]] = append(of[r[1]], int8(y))
	}
	big := map[string][]int8{}
	for unit, list := range of {
		if len(list) >= 80 {
			big[unit] = list
		}
	}
	first := slices.Min(slices.Collect(maps.Keys(big)))
	var c, fall count
	for rep := range 10 {
		rng := rand.New(rand.NewPCG(29, uint64(rep)))
		d := &quality.Data{Characters: []int{20}}
		k := 0
		for _, unit := range slices.Sorted(maps.Keys(big)) {
			list := big[unit]
			before := 0.0
			sq := 0.0
			n := 0
			for i, j := range rng.Perm(len(list)) {
				if i%2 == 0 {
					v := 25 * float64(list[j]-1)
					before, sq, n = before+v, sq+v*v, n+1
					continue
				}
				k++
				d.Responses = append(d.Responses, quality.Response{ID: fmt.Sprintf("%06d", k), Committee: unit, Hour: -1, Grades: []int8{list[j]}})
			}
			mean := before / float64(n)
			d.Earlier = append(d.Earlier, quality.Earlier{Committee: unit, Mean: mean, SE: math.Sqrt((sq/float64(n) - mean*mean) / float64(n-1))})
		}
		c.null(d, quality.Level)
		shift := func(by float64, into *count) {
			for i := range d.Earlier {
				if d.Earlier[i].Committee == first {
					d.Earlier[i].Mean += by
				}
			}
			into.guilty(d, quality.Level, first)
		}
		shift(-25, &c)
		shift(50, &fall)
	}
	t.Logf("%d lecturers: %d of %d halves flagged; a rise by a grade found in %d of %d, a fall by one in %d of %d", len(big), c.flagged, c.tested, c.found, c.planted, fall.found, fall.planted)
	if c.flagged > 2 || c.found+fall.found < (c.planted+fall.planted)*8/10 {
		t.Errorf("%+v %+v", c, fall)
	}
}

// Reviews of real people, given to interviewers at random, hardly ever repeat
// one another; sentences that one interviewer writes again do.
func TestPhrasesOfRealComments(t *testing.T) {
	t.Parallel()
	for _, data := range []struct {
		folder, file string
		column       int
	}{{"hotel-reviews-zh", "reviews.csv", 3}, {"santa-monica-comments-2014", "comments.csv", 2}} {
		_, rows := table(t, data.folder, data.file)
		var c count
		for rep := range 4 {
			rng := rand.New(rand.NewPCG(31, uint64(rep)))
			d := &quality.Data{}
			for i, k := range rng.Perm(len(rows)) {
				if i == 1000 {
					break
				}
				d.Responses = append(d.Responses, quality.Response{ID: fmt.Sprintf("%05d", i), Interviewer: fmt.Sprintf("i%02d", i%20), Committee: fmt.Sprint("c", i%10), Day: 20000 + i%20, Hour: -1, Comment: rows[k][data.column]})
			}
			c.null(d, quality.Phrase)
			n := 0
			for i := range d.Responses {
				if r := &d.Responses[i]; r.Interviewer == "i03" && n < 6 {
					r.Comment = "居委会工作认真负责，社工态度很好，我们都很满意" + []string{"。", "！", "，谢谢", "，辛苦了", "。", "，希望继续"}[n]
					n++
				}
			}
			c.guilty(d, quality.Phrase, "i03")
		}
		t.Logf("%s: %d of %d units flagged; six copied sentences found in %d of %d", data.folder, c.flagged, c.tested, c.found, c.planted)
		if c.found < c.planted {
			t.Errorf("%s: %+v", data.folder, c)
		}
	}
}
