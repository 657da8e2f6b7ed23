// Package wordmeasure measures the text model of scoring/qualitative on public
// collections of comments that people coded. The collections are not part of
// this repository; their folder is given by whoever measures.
package wordmeasure

import (
	"encoding/csv"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gongping/scoring/qualitative"
)

// Result is one measurement.
type Result struct {
	Set, Task string
	Report    qualitative.Report
	Threshold float64 // of multi-label tasks
	Skipped   string  // why there is no report
}

// set is a collection in the form the model takes.
type set struct {
	names    []string
	examples []qualitative.Example
	ids      []string
}

// small are collections that are cross-validated whole: a third of so few
// texts would say little.
const small = 500

// Measure measures on every collection that the folder has.
func Measure(dir string) ([]Result, error) {
	var out []Result
	for _, t := range []struct {
		set, task, file string
		head            int
		single          bool
		read            func(*table) *set
	}{
		{"santa-monica-comments-2014", "topics, several a comment", "comments.csv", 0, false, santaMonica},
		{"citizen-messages-zh", "topic, one a message", "messages_labelled.csv", 0, true, citizen},
		{"hotel-reviews-zh", "polarity", "reviews.csv", 1, true, hotel},
		{"dianping-aspects-zh", "aspects mentioned", "reviews.csv", 0, false, dianping},
	} {
		r := Result{Set: t.set, Task: t.task}
		tab, err := open(filepath.Join(dir, t.set, t.file))
		if errors.Is(err, fs.ErrNotExist) {
			r.Skipped = "the collection is not in the folder"
			out = append(out, r)
			continue
		}
		if err != nil {
			return nil, err
		}
		s := t.read(tab)
		r.Report, r.Threshold = s.measure(t.head, t.single)
		out = append(out, r)
	}
	return out, nil
}

// measure holds out 30% by a hash of the id, or, of a small collection, each
// fifth in turn.
func (s *set) measure(head int, single bool) (qualitative.Report, float64) {
	topics := len(s.names)
	if head != 0 {
		topics = 0
	}
	var scored []qualitative.Scored
	threshold, train := 0.5, 0
	if head == 0 && !single {
		threshold = 0
	}
	parts := [][2][]qualitative.Example{}
	if len(s.examples) < small {
		for k := range 5 {
			parts = append(parts, s.split(func(h uint32) bool { return h%5 == uint32(k) }))
		}
	} else {
		parts = append(parts, s.split(func(h uint32) bool { return h%10 < 3 }))
	}
	for _, p := range parts {
		_, part := qualitative.Held(p[0], p[1], topics, 1, head)
		scored = append(scored, part...)
		train = max(train, len(p[0]))
		if head == 0 && !single {
			threshold += qualitative.BestThreshold(p[0], topics, 1) / float64(len(parts))
		}
	}
	count := make([]int, len(s.names))
	for _, e := range parts[0][0] {
		for _, t := range e.Topics {
			count[t]++
		}
		if head == 1 {
			count[e.Polarity]++
		}
	}
	usual := slices.Index(count, slices.Max(count))
	r := qualitative.Evaluate(s.names, scored, single, threshold, usual)
	r.Train = train
	return r, threshold
}

func (s *set) split(test func(uint32) bool) (out [2][]qualitative.Example) {
	for i, e := range s.examples {
		h := fnv.New32a()
		io.WriteString(h, "held/"+s.ids[i])
		k := 0
		if test(h.Sum32() >> 8) {
			k = 1
		}
		out[k] = append(out[k], e)
	}
	return out
}

// label numbers names in the order of the list.
func (s *set) label(name string) int {
	for i, n := range s.names {
		if n == name {
			return i
		}
	}
	s.names = append(s.names, name)
	return len(s.names) - 1
}

func (s *set) add(id string, e qualitative.Example) {
	slices.Sort(e.Topics)
	e.Topics = slices.Compact(e.Topics)
	s.ids, s.examples = append(s.ids, id), append(s.examples, e)
}

func santaMonica(t *table) *set {
	s := &set{}
	for _, r := range t.rows {
		e := qualitative.Example{Text: t.get(r, "comment"), Polarity: -1, Matter: -1}
		for k := 1; k <= 8; k++ {
			c := strings.TrimSpace(t.get(r, fmt.Sprintf("category_%d", k)))
			switch c { // two spellings of one category
			case "":
				continue
			case "City council":
				c = "City Council"
			case "Aiport/Air traffic":
				c = "Airport/Air traffic"
			}
			e.Topics = append(e.Topics, s.label(c))
		}
		s.add(t.get(r, "id"), e)
	}
	return s
}

func citizen(t *table) *set {
	s := &set{}
	for _, r := range t.rows {
		s.add(t.get(r, "id"), qualitative.Example{Text: t.get(r, "subject") + "。" + t.get(r, "body"), Topics: []int{s.label(t.get(r, "topic1"))}, Polarity: -1, Matter: -1})
	}
	return s
}

func hotel(t *table) *set {
	s := &set{names: []string{"negative", "neutral", "positive"}}
	for _, r := range t.rows {
		p := 0
		if t.get(r, "label") == "1" {
			p = 2
		}
		s.add(t.get(r, "id"), qualitative.Example{Text: t.get(r, "review"), Polarity: p, Matter: -1})
	}
	return s
}

func dianping(t *table) *set {
	s := &set{names: t.header[3:]}
	for _, r := range t.rows {
		e := qualitative.Example{Text: t.get(r, "reviewbody"), Polarity: -1, Matter: -1}
		for k, name := range s.names {
			if t.get(r, name) != "-2" {
				e.Topics = append(e.Topics, k)
			}
		}
		s.add(t.get(r, "index"), e)
	}
	return s
}

// table is a CSV with a header.
type table struct {
	header []string
	at     map[string]int
	rows   [][]string
}

func open(path string) (*table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	all, err := r.ReadAll()
	if err != nil || len(all) < 2 {
		return nil, fmt.Errorf("%s: no table: %w", path, err)
	}
	t := &table{header: all[0], at: map[string]int{}, rows: all[1:]}
	for i, h := range t.header {
		t.at[strings.TrimPrefix(h, "\ufeff")] = i
	}
	return t, nil
}

func (t *table) get(row []string, name string) string {
	if i, ok := t.at[name]; ok && i < len(row) {
		return row[i]
	}
	return ""
}

// Write prints the measurements as Markdown.
func Write(w io.Writer, list []Result) error {
	fmt.Fprintln(w, "| Collection | Task | train | held out | accuracy | baseline | micro F1 | baseline F1 | macro F1 | κ model–people (95%) | ECE | Brier |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, r := range list {
		if r.Skipped != "" {
			fmt.Fprintf(w, "| %s | %s | %s | | | | | | | | | |\n", r.Set, r.Task, r.Skipped)
			continue
		}
		x := r.Report
		fmt.Fprintf(w, "| %s | %s | %d | %d | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f (%.3f–%.3f) | %.3f | %.3f |\n", r.Set, r.Task, x.Train, x.Test, x.Accuracy, x.Baseline,
			x.MicroF1, x.BaselineF1, x.MacroF1, x.Kappa, x.KappaLo, x.KappaHi, x.ECE, x.Brier)
	}
	for _, r := range list {
		if r.Skipped != "" {
			continue
		}
		fmt.Fprintf(w, "\n%s, %s", r.Set, r.Task)
		if r.Threshold > 0 && r.Threshold != 0.5 {
			fmt.Fprintf(w, " (threshold %.2f, chosen on the training part)", r.Threshold)
		}
		fmt.Fprint(w, "\n\n| Class | n | precision | recall | F1 |\n|---|---|---|---|---|\n")
		for _, c := range r.Report.Classes {
			if c.N+c.Found > 0 {
				if _, err := fmt.Fprintf(w, "| %s | %d | %.2f | %.2f | %.2f |\n", c.Class, c.N, c.Precision, c.Recall, c.F1); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
