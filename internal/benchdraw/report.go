package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// machine is what the figures belong to.
func machine(postgres string) string {
	model := runtime.GOARCH
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			if k, v, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(k) == "model name" {
				model = strings.TrimSpace(v)
				break
			}
		}
	}
	memory := ""
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kb float64
		if _, err := fmt.Sscanf(string(b), "MemTotal: %f kB", &kb); err == nil {
			memory = fmt.Sprintf(", %.0f GB of memory", kb/1048576)
		}
	}
	return fmt.Sprintf("%s, %d processors%s, PostgreSQL %s, %s, %s", model, runtime.NumCPU(), memory, postgres, runtime.Version(), time.Now().UTC().Format(time.DateOnly))
}

// report writes the table of docs/benchmarks.md.
func report(w io.Writer, all []result) {
	head := []string{""}
	for _, r := range all {
		head = append(head, thousands(r.n))
	}
	line := func(name string, value func(result) string) {
		cells := []string{name}
		for _, r := range all {
			cells = append(cells, value(r))
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
	fmt.Fprintf(w, "\n| %s |\n|---%s|\n", strings.Join(head, " | "), strings.Repeat("|--:", len(all)))
	seconds := func(v func(result) float64) func(result) string {
		return func(r result) string {
			if v(r) == 0 {
				return "–"
			}
			return fmt.Sprintf("%.2f s", v(r))
		}
	}
	limit := func(v func(result) float64) func(result) string {
		return func(r result) string { return fmt.Sprintf("%.2f", v(r)/r.copyOrdered) }
	}
	mb := func(v func(result) float64) func(result) string {
		return func(r result) string { return fmt.Sprintf("%.0f MB", v(r)) }
	}
	line("strata", func(r result) string { return thousands(r.strata) })
	line("drawn, reserves included", func(r result) string { return thousands(r.drawn) })
	line("plain COPY to nowhere, table order", seconds(func(r result) float64 { return r.copyTable }))
	line("plain COPY to nowhere, order of ids (the limit)", seconds(func(r result) float64 { return r.copyOrdered }))
	line("read and decoded (binary COPY)", seconds(func(r result) float64 { return r.stream }))
	line("read and decoded (pgx rows)", seconds(func(r result) float64 { return r.rows }))
	line("draw", seconds(func(r result) float64 { return r.draw }))
	line("draw ÷ limit", limit(func(r result) float64 { return r.draw }))
	line("draw ÷ COPY in table order", func(r result) string { return fmt.Sprintf("%.2f", r.draw/r.copyTable) })
	line("draw, frame digest and unit list in one reading", seconds(func(r result) float64 { return r.whole }))
	line("… ÷ limit", limit(func(r result) float64 { return r.whole }))
	line("largest memory of the draw", mb(func(r result) float64 { return r.drawMB }))
	line("largest memory with digest and unit list", mb(func(r result) float64 { return r.wholeMB }))
	line("the same draw in SQL (window function)", seconds(func(r result) float64 { return r.window }))
	line("R sampling::strata, no tickets, in memory", seconds(func(r result) float64 { return r.rStrata }))
	line("use case: commit", seconds(func(r result) float64 { return r.commit }))
	line("use case: reveal, draw, store, open and assign cases", seconds(func(r result) float64 { return r.reveal }))
	line("largest memory of both use cases", mb(func(r result) float64 { return r.serviceMB }))
	last := all[len(all)-1]
	perM := last.draw / float64(last.n) * 1e6
	fmt.Fprintf(w, "\nPer million residents: draw %.2f s, with digest %.2f s. 900 million, read one after the other: %.0f minutes (with digest %.0f).\n",
		perM, last.whole/float64(last.n)*1e6, perM*900/60, last.whole/float64(last.n)*900e6/60)
	if len(all) > 1 {
		first := all[0]
		fmt.Fprintf(w, "Growth from %s to %s residents (×%.0f): draw ×%.1f.\n", thousands(first.n), thousands(last.n), float64(last.n)/float64(first.n), last.draw/first.draw)
	}
}

func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
