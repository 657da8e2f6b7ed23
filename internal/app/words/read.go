package words

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/departmentdb"
	"gongping/internal/pg/worddb"
	"gongping/scoring/qualitative"
)

// Theme is what was said on a topic: counts of people and voices, never words.
type Theme struct {
	Topic, Name string
	Size        qualitative.Size
	Polarity    [3]int // people who blame, neither, praise; -1 where not shown
	Matters     []Share
	Hidden      bool // fewer people than may be shown
}

// Share is a part of a theme.
type Share struct {
	Matter     qualitative.Matter
	Department string
	People     int // -1 where not shown
}

// Themes is what people said within an area.
type Themes struct {
	Comments, Decided int
	TooFew            bool // fewer decided comments than may be shown
	Drawn             bool // of a drawn round: everybody spoke once, so people are what counts
	List              []Theme
	Masked            map[string]int
}

// Themes counts the decided comments of a scope in the actor's area.
func (s *Service) Themes(ctx context.Context, who authz.Actor, scope Scope, lang string) (t Themes, err error) {
	err = s.Read(ctx, who, authz.CommentThemes, authz.Object{Area: who.Area}, func(ctx context.Context, db pg.Querier) error {
		list, err := worddb.Comments(ctx, db, who.District, scope, who.Area)
		if err != nil {
			return err
		}
		book, _, err := s.codebook(ctx, db, who.District)
		if err != nil {
			return err
		}
		t.Comments = len(list)
		list = slices.DeleteFunc(list, func(c worddb.Spoken) bool { return !c.Decided })
		t.Decided, t.TooFew = len(list), len(list) < minArea
		if !t.TooFew {
			t.List = themes(list, book, lang)
			t.Drawn = scope.Round != ""
			if t.Drawn { // everybody was drawn by lot: people are the measure, not wordings
				slices.SortStableFunc(t.List, func(a, b Theme) int { return cmp.Compare(b.Size.Authors, a.Size.Authors) })
			}
		}
		t.Masked, err = worddb.MaskedCounts(ctx, db, who.District, scope)
		return err
	})
	return t, err
}

func said(list []worddb.Spoken) []qualitative.Said {
	out := make([]qualitative.Said, len(list))
	for i, c := range list {
		out[i] = qualitative.Said{Text: c.Body, Author: c.Author, Likes: c.Likes}
	}
	return out
}

func bodies(list []qualitative.Said) []string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = c.Text
	}
	return out
}

// themes counts by topic; every count rests on people, so that nobody is
// counted twice and no campaign is louder than its people.
func themes(list []worddb.Spoken, book *qualitative.Codebook, lang string) []Theme {
	all := said(list)
	groups := qualitative.NearDuplicates(bodies(all))
	at := map[string][]int{}
	code := map[string][]qualitative.Code{}
	for i, c := range list {
		for _, k := range c.Codes {
			at[k.Topic] = append(at[k.Topic], i)
			code[k.Topic] = append(code[k.Topic], k)
		}
	}
	measure := func(members []int) qualitative.Size {
		part, g := make([]qualitative.Said, len(members)), make([]int32, len(members))
		for j, i := range members {
			part[j], g[j] = all[i], groups[i]
		}
		return qualitative.Measure(part, g)
	}
	var out []Theme
	for topic, members := range at {
		t := Theme{Topic: topic, Name: book.Path(topic, lang), Size: measure(members)}
		if t.Hidden = t.Size.Authors < minTheme; t.Hidden {
			t.Size, t.Polarity = qualitative.Size{}, [3]int{-1, -1, -1}
			out = append(out, t)
			continue
		}
		t.split(members, code[topic], measure)
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b Theme) int {
		return cmp.Or(cmp.Compare(b.Size.Voices, a.Size.Voices), cmp.Compare(b.Size.Comments, a.Size.Comments), cmp.Compare(a.Topic, b.Topic))
	})
	return out
}

// split counts people by polarity and by matter. Where one cell is too small to
// be shown, the smallest other is left out with it.
func (t *Theme) split(members []int, codes []qualitative.Code, measure func([]int) qualitative.Size) {
	byPolarity := map[int][]int{}
	byMatter := map[Share][]int{}
	for j, i := range members {
		byPolarity[codes[j].Polarity] = append(byPolarity[codes[j].Polarity], i)
		byMatter[Share{Matter: codes[j].Matter, Department: codes[j].Department}] = append(byMatter[Share{Matter: codes[j].Matter, Department: codes[j].Department}], i)
	}
	for p, list := range byPolarity {
		t.Polarity[p+1] = measure(list).Authors
	}
	veil(t.Polarity[:])
	for m, list := range byMatter {
		m.People = measure(list).Authors
		t.Matters = append(t.Matters, m)
	}
	slices.SortFunc(t.Matters, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.People, a.People), cmp.Compare(a.Matter, b.Matter), cmp.Compare(a.Department, b.Department))
	})
	people := make([]int, len(t.Matters))
	for i, m := range t.Matters {
		people[i] = m.People
	}
	veil(people)
	for i := range t.Matters {
		t.Matters[i].People = people[i]
	}
}

// veil puts -1 for counts that are too small to be shown, and for the next
// smallest where only one is: with the total it could be worked out.
func veil(row []int) {
	hidden := 0
	for i, n := range row {
		if n > 0 && n < minTheme {
			row[i] = -1
			hidden++
		}
	}
	if hidden != 1 {
		return
	}
	least := -1
	for i, n := range row {
		if n > 0 && (least < 0 || n < row[least]) {
			least = i
		}
	}
	if least >= 0 {
		row[least] = -1
	}
}

// Agreement is how far the coders of a scope agree.
type Agreement struct {
	Texts int // coded by two
	List  []qualitative.Agreement
	Book  qualitative.Codebook
}

// Agreement computes the agreement of the first two coders, live.
func (s *Service) Agreement(ctx context.Context, who authz.Actor, scope Scope) (a Agreement, err error) {
	err = s.Read(ctx, who, authz.CommentThemes, authz.Object{Area: who.Area}, func(ctx context.Context, db pg.Querier) error {
		pairs, err := Pairs(ctx, db, who.District, scope)
		if err != nil {
			return err
		}
		book, _, err := s.codebook(ctx, db, who.District)
		if err != nil {
			return err
		}
		a.Texts, a.List, a.Book = len(pairs), qualitative.Agreements(pairs), *book
		if !authz.May(who, authz.CommentRead, authz.Object{}) { // how often a rare topic was given tells that somebody spoke of it
			a.List = slices.DeleteFunc(a.List, func(x qualitative.Agreement) bool { return book.Topic(x.Key) != nil && x.Yes < minTheme })
		}
		return nil
	})
	return a, err
}

// Campaign is a campaign with a sample of its words.
type Campaign struct {
	qualitative.Campaign
	Sample []string
}

// maxSample is how many different wordings of a campaign are shown.
const maxSample = 3

// Campaigns finds the campaigns of a scope. It shows words, so only those who
// may read comments see it.
func (s *Service) Campaigns(ctx context.Context, who authz.Actor, scope Scope) (out []Campaign, comments int, err error) {
	err = s.Read(ctx, who, authz.CommentRead, authz.Object{Area: who.Area}, func(ctx context.Context, db pg.Querier) error {
		list, err := worddb.Comments(ctx, db, who.District, scope, who.Area)
		if err != nil {
			return err
		}
		comments = len(list)
		all := said(list)
		for _, c := range qualitative.Campaigns(all, qualitative.NearDuplicates(bodies(all))) {
			x := Campaign{Campaign: c}
			for _, i := range c.Members {
				if !slices.Contains(x.Sample, all[i].Text) && len(x.Sample) < maxSample {
					x.Sample = append(x.Sample, all[i].Text)
				}
			}
			out = append(out, x)
		}
		return nil
	})
	return out, comments, err
}

// Hit is a comment that a search found.
type Hit struct {
	ID, Body, Title string
	Area            string // name of the smallest area with enough comments; "" for coders
	Month           string
	Likes           int
	Decided         bool
	Codes           []qualitative.Code
}

// PerPage is the number of hits on a page.
const PerPage = 20

// Search finds comments by words, in Chinese and other scripts. Every part of
// the query, parted by spaces, must occur.
func (s *Service) Search(ctx context.Context, who authz.Actor, scope Scope, text string, page int) (hits []Hit, total int, err error) {
	q := qualitative.ParseQuery(text)
	if len(q.Phrases) == 0 {
		return nil, 0, nil
	}
	if len([]rune(text)) > 100 {
		return nil, 0, errs.New(errs.Invalid, "comment.query_long", "the search is too long").At("q", "", "at most 100 characters", "shorten it")
	}
	// Who reads what was searched leaves a trace: words of residents are read.
	err = s.Write(ctx, who, authz.CommentRead, authz.Object{Area: who.Area}, func(ctx context.Context, tx *app.Tx) error {
		found, n, err := worddb.Search(ctx, tx, who.District, scope, who.Area, q.Terms, q.Phrases, PerPage, max(page-1, 0)*PerPage)
		if err != nil {
			return err
		}
		total = n
		names, counts, err := s.places(ctx, tx, who, scope)
		if err != nil {
			return err
		}
		for _, f := range found {
			h := Hit{ID: f.ID, Body: f.Body, Title: f.Title, Month: f.Month.Format("2006-01"), Likes: f.Likes, Decided: f.Codes != nil}
			if h.Decided {
				if err := json.Unmarshal(f.Codes, &h.Codes); err != nil {
					return err
				}
			}
			h.Area = place(f.Area, names, counts)
			hits = append(hits, h)
		}
		tx.Record("comment", "", who.Area, map[string]any{"search": len(q.Phrases), "found": n})
		return nil
	})
	return hits, total, err
}

// places loads what is needed to name areas; coders get none, because they must
// not know whose committee a comment speaks of.
func (s *Service) places(ctx context.Context, db pg.Querier, who authz.Actor, scope Scope) (names map[string]string, counts map[string]int, err error) {
	if authz.May(who, authz.CommentCode, authz.Object{}) && who.Role != authz.System {
		return nil, nil, nil
	}
	if names, err = worddb.AreaNames(ctx, db, who.District); err != nil {
		return nil, nil, err
	}
	counts, err = worddb.AreaCounts(ctx, db, who.District, scope)
	return names, counts, err
}

// place names the smallest area with enough comments.
func place(code string, names map[string]string, counts map[string]int) string {
	for _, n := range []int{12, 9, 6} {
		if len(code) >= n && counts[code[:n]] >= minArea {
			return names[code[:n]]
		}
	}
	return ""
}

// ParseScope reads "round:<id>" or "import:<id>".
func ParseScope(s string) Scope {
	if id, ok := strings.CutPrefix(s, "round:"); ok {
		return Scope{Round: id}
	}
	if id, ok := strings.CutPrefix(s, "import:"); ok {
		return Scope{Import: id}
	}
	return Scope{}
}

// ScopeText writes what ParseScope reads.
func ScopeText(s Scope) string {
	switch {
	case s.Round != "":
		return "round:" + s.Round
	case s.Import != "":
		return "import:" + s.Import
	}
	return ""
}

// DepartmentNames names the functional departments.
func (s *Service) DepartmentNames(ctx context.Context, who authz.Actor, lang string) (names map[string]string, err error) {
	err = s.Read(ctx, who, authz.CodebookRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		list, err := departmentdb.List(ctx, db, who.District)
		names = make(map[string]string, len(list))
		for _, d := range list {
			names[d.Code] = d.In(lang)
		}
		return err
	})
	return names, err
}
