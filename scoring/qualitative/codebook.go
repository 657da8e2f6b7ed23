package qualitative

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"gongping/internal/errs"
)

// Matter says whose matter a cause is.
type Matter string

// The matters. Everything but Committee is outside the committee's remit.
const (
	Committee  Matter = "committee"
	Property   Matter = "property"   // the property manager
	Department Matter = "department" // a functional department, which stands beside it
	Market     Matter = "market"
	Residents  Matter = "residents" // other residents
	Beyond     Matter = "outside"   // outside anyone's remit here
)

// Matters lists the matters in the order of the pages and of the model's classes.
var Matters = []Matter{Committee, Property, Department, Market, Residents, Beyond}

// Topic is something that comments are about.
type Topic struct {
	ID     string            `json:"id"`
	Parent string            `json:"parent,omitempty"`
	Text   map[string]string `json:"text"`           // name by language; "zh" is always there
	Note   map[string]string `json:"note,omitempty"` // what belongs to it and what does not
	// Matter and Department are what it most often is: offered to coders, never
	// decided by the codebook.
	Matter     Matter `json:"matter,omitempty"`
	Department string `json:"department,omitempty"`
	// Items are the questions whose marks it bears on: where a low mark's cause
	// is placed outside the remit, the low marks on these are credited away.
	Items []string `json:"items,omitempty"`
}

// In is the topic's name in a language, the Chinese one where there is no other.
func (t *Topic) In(lang string) string {
	if s := t.Text[lang]; s != "" {
		return s
	}
	return t.Text["zh"]
}

// Codebook is one version of a scheme of topics, up to three levels deep.
// Versions are never edited: a change is a new version.
type Codebook struct {
	Title  map[string]string `json:"title"`
	Topics []Topic           `json:"topics"` // parents before children
	// Items are the questions that every cause bears on, such as the overall one.
	Items []string `json:"items,omitempty"`
}

// The limits of a codebook.
const (
	maxTopics   = 2000
	maxLevels   = 3
	maxTopicLen = 60
)

var topicForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,39}$`)

// Check returns an error unless the codebook is complete and coherent.
func (b *Codebook) Check() error {
	bad := func(where, found, want, hint string) error {
		return errs.New(errs.Invalid, "codebook.invalid", "the codebook is not usable").At(where, found, want, hint)
	}
	if strings.TrimSpace(b.Title["zh"]) == "" {
		return bad("title.zh", "", "a title", "give the codebook a Chinese title")
	}
	if len(b.Topics) == 0 || len(b.Topics) > maxTopics {
		return bad("topics", fmt.Sprint(len(b.Topics)), "1 to 2000 topics", "add topics, or split the codebook")
	}
	level := map[string]int{"": 0}
	for i, t := range b.Topics {
		where := fmt.Sprintf("topics[%d]", i)
		switch _, twice := level[t.ID]; {
		case !topicForm.MatchString(t.ID) || twice:
			return bad(where+".id", t.ID, "a unique id of a–z, 0–9, dot, dash, underscore", "rename the topic")
		case strings.TrimSpace(t.Text["zh"]) == "" || utf8.RuneCountInString(t.Text["zh"]) > maxTopicLen:
			return bad(where+".text.zh", t.Text["zh"], "a Chinese name of 1 to 60 characters", "name the topic")
		case t.Matter != "" && !slices.Contains(Matters, t.Matter):
			return bad(where+".matter", string(t.Matter), "committee, property, department, market, residents or outside", "choose one, or leave it empty")
		}
		up, ok := level[t.Parent]
		if !ok || up >= maxLevels {
			return bad(where+".parent", t.Parent, "an earlier topic of the first or second level", "put the parent before its children; three levels are the most")
		}
		level[t.ID] = up + 1
	}
	return nil
}

// DecodeCodebook reads a codebook from JSON and checks it.
func DecodeCodebook(data []byte) (*Codebook, error) {
	var b Codebook
	if err := json.Unmarshal(data, &b); err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "codebook.json", "the codebook is not valid JSON")
	}
	return &b, b.Check()
}

// Topic returns a topic, nil where there is none.
func (b *Codebook) Topic(id string) *Topic {
	for i := range b.Topics {
		if b.Topics[i].ID == id {
			return &b.Topics[i]
		}
	}
	return nil
}

// Path is a topic's name with those above it.
func (b *Codebook) Path(id, lang string) string {
	var names []string
	for t := b.Topic(id); t != nil; t = b.Topic(t.Parent) {
		names = append(names, t.In(lang))
	}
	slices.Reverse(names)
	return strings.Join(names, " / ")
}

// Bears lists the questions that codes bear on, distinct and in order.
func (b *Codebook) Bears(codes []Code) []string {
	items := slices.Clone(b.Items)
	for _, c := range codes {
		if t := b.Topic(c.Topic); t != nil {
			items = append(items, t.Items...)
		}
	}
	slices.Sort(items)
	return slices.Compact(items)
}

// SchemeRow is a row of a scheme of up to three levels.
type SchemeRow struct {
	Names      [maxLevels]string
	Matter     Matter
	Department string
	Items      []string
}

// FromScheme makes a codebook of a table with one row per lowest topic. Ids are
// numbers in the order of the rows ("3.2.1"), unless before has a topic with
// the same names: then the id stays, so that codes of earlier versions keep
// their meaning.
func FromScheme(title map[string]string, rows []SchemeRow, before *Codebook) (*Codebook, error) {
	out := &Codebook{Title: title}
	known, used := map[string]*Topic{}, map[string]bool{}
	if before != nil {
		out.Items = before.Items
		for i := range before.Topics {
			t := &before.Topics[i]
			known[before.Path(t.ID, "zh")], used[t.ID] = t, true
		}
	}
	at := map[string]string{} // path → id
	children := map[string]int{}
	for k, row := range rows {
		parent, path := "", ""
		for l, name := range row.Names {
			if name = strings.TrimSpace(name); name == "" {
				if l == 0 {
					return nil, errs.New(errs.Invalid, "codebook.scheme_empty", "a row names no topic").At(fmt.Sprintf("row %d", k+2), "", "a topic of the first level", "fill the first column or remove the row")
				}
				break
			}
			if path != "" {
				path += " / "
			}
			path += name
			id, ok := at[path]
			if !ok {
				t := Topic{Parent: parent, Text: map[string]string{"zh": name}}
				if old := known[path]; old != nil {
					t = *old
				} else {
					for {
						children[parent]++
						if t.ID = strings.TrimPrefix(fmt.Sprintf("%s.%d", parent, children[parent]), "."); !used[t.ID] {
							break
						}
					}
				}
				id = t.ID
				at[path], used[id] = id, true
				out.Topics = append(out.Topics, t)
			}
			parent = id
		}
		leaf := out.Topic(parent)
		if row.Matter != "" {
			leaf.Matter, leaf.Department = row.Matter, row.Department
		}
		if len(row.Items) > 0 {
			leaf.Items = row.Items
		}
	}
	return out, out.Check()
}

// Change is a difference between two versions of a codebook.
type Change struct{ Kind, Topic, Text string } // added, removed, changed

// Compare lists what a newer codebook changes.
func (b *Codebook) Compare(newer *Codebook) []Change {
	var out []Change
	for i := range newer.Topics {
		t := &newer.Topics[i]
		switch old := b.Topic(t.ID); {
		case old == nil:
			out = append(out, Change{"added", t.ID, newer.Path(t.ID, "zh")})
		case !sameTopic(old, t):
			out = append(out, Change{"changed", t.ID, newer.Path(t.ID, "zh")})
		}
	}
	for i := range b.Topics {
		if t := &b.Topics[i]; newer.Topic(t.ID) == nil {
			out = append(out, Change{"removed", t.ID, b.Path(t.ID, "zh")})
		}
	}
	return out
}

func sameTopic(a, b *Topic) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}
