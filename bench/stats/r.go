package main

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed rival.R
var script []byte

// rival runs R on the same columns.
type rival struct {
	path    string
	cap     int
	tooSlow map[string]bool // tasks over the cap at a smaller size
}

// look finds Rscript with its packages.
func (r *rival) look() {
	path, err := exec.LookPath("Rscript")
	if err != nil {
		fmt.Println("R is not installed: no comparison.")
		return
	}
	out, err := exec.Command(path, "-e", `for (p in c("survey","MASS","lme4")) cat(p, as.character(packageVersion(p)), ""); cat(R.version.string)`).Output()
	if err != nil {
		fmt.Println("R lacks survey, MASS or lme4: no comparison.")
		return
	}
	fmt.Printf("R: %s; at most %d s a task.\n", out, r.cap)
	r.path = path
}

// run gives the seconds of the tasks, or a word in their place.
func (r *rival) run(d *data, tasks []task) map[string]string {
	out := map[string]string{}
	if r.path == "" {
		return out
	}
	dir, err := os.MkdirTemp("", "bench-stats")
	if err != nil {
		return out
	}
	defer os.RemoveAll(dir)
	file, code := filepath.Join(dir, "columns"), filepath.Join(dir, "rival.R")
	if os.WriteFile(code, script, 0o600) != nil || d.write(file) != nil {
		return out
	}
	var wanted []string
	for _, t := range tasks {
		if !r.tooSlow[t.key] {
			wanted = append(wanted, t.key)
		}
	}
	cmd := exec.Command(r.path, code, file, fmt.Sprint(d.n), fmt.Sprint(r.cap), strings.Join(wanted, ",")+",")
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		fmt.Fprintln(os.Stderr, "stats: R:", err)
	}
	for line := range strings.Lines(string(text)) {
		if key, v, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			out[key] = v
			if strings.HasPrefix(v, ">") {
				r.tooSlow[key] = true
			}
		}
	}
	for k := range r.tooSlow {
		if _, ok := out[k]; !ok {
			out[k] = "left out"
		}
	}
	return out
}

// write puts the columns one after the other, little-endian.
func (d *data) write(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	for _, c := range []any{d.committee, d.stratum, d.household, d.sex, d.age, d.tenure, d.group4000, d.households, d.members, d.weight, d.score, d.mark} {
		var b bytes.Buffer
		if err := binary.Write(&b, binary.LittleEndian, c); err != nil {
			return err
		}
		if _, err := w.Write(b.Bytes()); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
