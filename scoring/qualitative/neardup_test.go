package qualitative_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gongping/scoring/qualitative"
)

func TestNearDuplicates(t *testing.T) {
	t.Parallel()
	texts := []string{
		"三号楼电梯停运两个月没人修，请街道来看看",   // 0
		"小区的路灯坏了很久，晚上出门很不方便",     // 1
		"三号楼电梯停运两个月没人修！请街道来看看。",  // 0, signs apart
		"三号楼的电梯停运两个月没人修，请街道来看看吧", // 0, nearly
		"非常满意", // too short to be the same as 5
		"非常满意",
		"三号楼楼道堆物三个月没人管，请街道来看看", // alike, and another matter
		"",
	}
	got := qualitative.NearDuplicates(texts)
	if want := []int32{0, 1, 0, 0, 4, 5, 6, 7}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// sentences draws texts with many near-duplicates among them.
func sentences(t *rapid.T) []string {
	parts := []string{"电梯坏了两个月", "没有人来修理", "请街道派人看看", "老人下不了楼", "物业互相推诿", "居委会很热心", "停车位不够用", "路灯晚上不亮"}
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 1, 6).Draw(t, "parts"), "，")
	}), 0, 40).Draw(t, "texts")
}

// same tells whether two groupings put the same texts together.
func same(a, b []int32) bool {
	for i := range a {
		for j := range a {
			if (a[i] == a[j]) != (b[i] == b[j]) {
				return false
			}
		}
	}
	return true
}

func TestGroupsDoNotDependOnOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		texts := sentences(t)
		perm := rapid.Permutation(slices.Collect(func(yield func(int) bool) {
			for i := range texts {
				if !yield(i) {
					return
				}
			}
		})).Draw(t, "order")
		mixed := make([]string, len(texts))
		for i, p := range perm {
			mixed[i] = texts[p]
		}
		a, m := qualitative.NearDuplicates(texts), qualitative.NearDuplicates(mixed)
		back := make([]int32, len(texts))
		for i, p := range perm {
			back[p] = m[i]
		}
		if !same(a, back) {
			t.Fatalf("%q: %v, in another order %v", texts, a, back)
		}
	})
}

// What the banding finds is compared with a search of all pairs.
func TestNearDuplicatesFindsWhatAllPairsFind(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	letters := []rune("电梯坏了两个月没人修请街道来看楼下停车位不够路灯晚上不亮居委会很热心物业互相推诿老人")
	var texts []string
	for range 300 {
		base := make([]rune, 30+rng.IntN(40))
		for i := range base {
			base[i] = letters[rng.IntN(len(letters))]
		}
		texts = append(texts, string(base))
		for range rng.IntN(3) {
			v := slices.Clone(base)
			v[rng.IntN(len(v))] = letters[rng.IntN(len(letters))]
			texts = append(texts, string(v))
		}
	}
	got := qualitative.NearDuplicates(texts)
	pairs, found := 0, 0
	for i := range texts {
		for j := range i {
			if jaccard(texts[i], texts[j]) >= qualitative.Similar {
				pairs++
				if got[i] == got[j] {
					found++
				}
			} else if got[i] == got[j] && jaccard(texts[i], texts[j]) < 0.5 {
				t.Errorf("%q and %q are no duplicates", texts[i], texts[j])
			}
		}
	}
	if pairs < 200 || float64(found) < 0.99*float64(pairs) {
		t.Errorf("%d of %d pairs found", found, pairs)
	}
}

func jaccard(a, b string) float64 {
	grams := func(s string) map[string]bool {
		r, m := []rune(qualitative.Fold(s)), map[string]bool{}
		for i := 0; i+3 <= len(r); i++ {
			m[string(r[i:i+3])] = true
		}
		return m
	}
	x, y, both := grams(a), grams(b), 0
	for k := range x {
		if y[k] {
			both++
		}
	}
	return float64(both) / float64(len(x)+len(y)-both)
}

func TestCampaigns(t *testing.T) {
	t.Parallel()
	var said []qualitative.Said
	for i := range 12 { // one author, twelve matters
		said = append(said, qualitative.Said{Text: "第" + strconv.Itoa(i) + strings.Repeat(string(rune('一'+37*i)), 9) + "问题一直没有人来处理", Author: "a"})
	}
	for i := range 4 { // four people, one text
		said = append(said, qualitative.Said{Text: "请把西门的夜间施工停下来，孩子睡不着" + strings.Repeat("！", i), Author: "b" + strconv.Itoa(i), Likes: i})
	}
	said = append(said, qualitative.Said{Text: "学校旁边要装红绿灯", Author: "c", Likes: 2097})
	groups := qualitative.NearDuplicates(texts(said))
	got := qualitative.Campaigns(said, groups)
	if len(got) != 3 || got[0].Pattern != qualitative.ManyLikes || got[1].Pattern != qualitative.OneAuthor || got[1].Comments != 12 || got[1].Authors != 1 ||
		got[2].Pattern != qualitative.SameText || got[2].Authors != 4 || got[2].Likes != 6 {
		t.Errorf("%+v", got)
	}
	// One voice each, and the size stands beside it.
	if z := qualitative.Measure(said, groups); z != (qualitative.Size{Voices: 3, Authors: 6, Comments: 17, Likes: 2103}) {
		t.Errorf("%+v", z)
	}
}

func texts(said []qualitative.Said) []string {
	out := make([]string, len(said))
	for i, s := range said {
		out[i] = s.Text
	}
	return out
}

// A campaign is never more voices than it has authors, never more than it has
// comments, and adding a copy adds no voice.
func TestVoicesOfACampaign(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var said []qualitative.Said
		for _, s := range sentences(t) {
			said = append(said, qualitative.Said{Text: s, Author: rapid.SampledFrom([]string{"a", "b", "c", "d", ""}).Draw(t, "author")})
		}
		measure := func() qualitative.Size { return qualitative.Measure(said, qualitative.NearDuplicates(texts(said))) }
		z := measure()
		if z.Voices > z.Authors || z.Authors > z.Comments || (z.Comments > 0) != (z.Voices > 0) {
			t.Fatalf("%+v", z)
		}
		for _, s := range said {
			if s.Author != "" {
				said = append(said, s)
				if more := measure(); more.Voices != z.Voices || more.Comments != z.Comments+1 {
					t.Fatalf("a copy of %q: %+v → %+v", s.Text, z, more)
				}
				break
			}
		}
	})
}

// million makes n comments of 60 characters; one in ten repeats an earlier one
// with a few changes.
func million(n int) []string {
	rng := rand.New(rand.NewPCG(3, 4))
	words := make([]string, 3000)
	for i := range words {
		r := make([]rune, 2+rng.IntN(3))
		for k := range r {
			r[k] = rune(0x4e00 + rng.IntN(2500))
		}
		words[i] = string(r)
	}
	out := make([]string, n)
	for i := range out {
		if i > 10 && rng.IntN(10) == 0 {
			r := []rune(out[rng.IntN(i)])
			r[rng.IntN(len(r))] = '改'
			out[i] = string(r)
			continue
		}
		var b strings.Builder
		for range 20 {
			b.WriteString(words[int(float64(len(words))*rng.Float64()*rng.Float64())])
		}
		out[i] = b.String()
	}
	return out
}

// BenchmarkNearDuplicates searches a million comments; the goal is under a minute.
func BenchmarkNearDuplicates(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			texts := million(n)
			b.ReportAllocs()
			for b.Loop() {
				qualitative.NearDuplicates(texts)
			}
		})
	}
}
