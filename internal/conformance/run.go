package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// Report is the outcome of a directory.
type Report struct {
	Results     []Result `json:"results"`
	Agree       int      `json:"agree"`
	Differ      int      `json:"differ"`
	Unsupported int      `json:"unsupported"`
	Errors      int      `json:"errors"`
}

// Run checks every case file in dir and writes a table (or JSON) to w. exit is
// 0, or 1 if any case differs or cannot be read. err is for a directory that
// cannot be listed or holds no case, and for a failing w.
func Run(ctx context.Context, dir string, w io.Writer, asJSON bool) (exit int, err error) {
	// DirFS would name the directory "." in its error.
	if st, err := os.Stat(dir); err != nil {
		return 1, err
	} else if !st.IsDir() {
		return 1, fmt.Errorf("%s: a directory with case files is expected, this is a file", dir)
	}
	rep, err := CheckAll(ctx, os.DirFS(dir))
	if err != nil {
		return 1, fmt.Errorf("%s: %w", dir, err)
	}
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", " ")
		err = enc.Encode(rep)
	} else {
		err = rep.writeTable(w)
	}
	if rep.Differ > 0 || rep.Errors > 0 {
		exit = 1
	}
	return exit, err
}

// CheckAll checks every *.json file of a directory, in the order of the names.
func CheckAll(ctx context.Context, dir fs.FS) (*Report, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, err
	}
	rep := &Report{Results: []Result{}}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rep.add(checkFile(dir, e.Name()))
	}
	if len(rep.Results) == 0 {
		return nil, fmt.Errorf("no case file (*.json) found")
	}
	return rep, nil
}

func checkFile(dir fs.FS, name string) Result {
	c, err := Load(dir, name)
	if err != nil {
		return Result{Case: strings.TrimSuffix(name, ".json"), Method: "-", Verdict: BrokenCaseFile,
			Reason: fmt.Sprintf("%s: %v", name, err)}
	}
	r := Check(c)
	r.File = name
	return r
}

// name is the case, with its file where that has another name.
func (r Result) name() string {
	if r.File == "" || r.File == r.Case+".json" {
		return r.Case
	}
	return r.Case + " (" + r.File + ")"
}

func (rep *Report) add(r Result) {
	rep.Results = append(rep.Results, r)
	switch r.Verdict {
	case Agree:
		rep.Agree++
	case Differ:
		rep.Differ++
	case NotSupported:
		rep.Unsupported++
	default:
		rep.Errors++
	}
}

// writeTable prints one line per case, below it what is wrong with it, and the
// summary as the last line.
func (rep *Report) writeTable(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "case\tmethod\tcompared\tlargest rel. diff.\tverdict")
	for _, r := range rep.Results {
		fmt.Fprintf(tw, "%s\t%s\t%d\t%.2g\t%s\n", r.name(), r.Method, r.Compared, r.MaxRel, r.Verdict)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, v := range []Verdict{BrokenCaseFile, Differ, NotSupported} {
		i := slices.IndexFunc(rep.Results, func(r Result) bool { return r.Verdict == v })
		if i < 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s:\n", v)
		for _, r := range rep.Results[i:] {
			if r.Verdict == v {
				fmt.Fprintf(w, "  %s: %s\n", r.name(), r.explain())
			}
		}
	}
	if rep.Errors > 0 {
		fmt.Fprintf(w, "\n%d case files cannot be read\n", rep.Errors)
	}
	_, err := fmt.Fprintf(w, "\n%d agree, %d differ, %d unsupported\n", rep.Agree, rep.Differ, rep.Unsupported)
	return err
}

// explain says in one line why a case does not agree.
func (r Result) explain() string {
	var parts []string
	if g := r.Worst; g != nil {
		parts = append(parts, fmt.Sprintf("%d of %d values differ, worst %s: got %s, expected %s",
			r.DiffersN, r.Compared, g.Path, g.Got, g.Want))
	}
	if r.Reason != "" {
		parts = append(parts, r.Reason)
	} else if len(r.Missing) > 0 {
		parts = append(parts, "the adapter gives no value for "+strings.Join(r.Missing, ", "))
	}
	if len(r.NotRead) > 0 && r.Verdict != Agree {
		parts = append(parts, "fields not read: "+strings.Join(r.NotRead, ", "))
	}
	return strings.Join(parts, "; ")
}
