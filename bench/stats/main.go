// Command stats measures the statistics engine: it generates survey data
// (strata, two stages of selection, five-point items) in growing sizes and prints
// time, memory and growth of what a scoring run and an analyst need, and, where
// Rscript with the packages survey, MASS and lme4 is installed, the time that R
// takes on the same columns in the same run.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"time"
)

func main() {
	least := flag.Int("min", 10_000, "smallest number of answers; sizes are ten times each other")
	max := flag.Int("max", 1_000_000, "largest number of answers")
	only := flag.String("only", "", "measure only these tasks: keys, with commas ("+strings.Join(keys(), ",")+"); empty = all")
	withR := flag.Bool("r", true, "compare with R where it is installed")
	cap := flag.Int("rcap", 60, "seconds that R may take for one task; larger sizes of the task are then left out")
	groups := flag.String("committees", "400,6500", "numbers of committees")
	flag.Parse()
	fmt.Printf("Machine: %s, %d of %d processors, %s/%s, %s, %s\n", cpu(), runtime.GOMAXPROCS(0), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH,
		runtime.Version(), time.Now().Format("2006-01-02"))
	r := &rival{cap: *cap, tooSlow: map[string]bool{}}
	if *withR {
		r.look()
	}
	for c := range strings.SplitSeq(*groups, ",") {
		var committees int
		if _, err := fmt.Sscan(c, &committees); err != nil || committees < 20 {
			fmt.Fprintln(os.Stderr, "stats: committees must be numbers of at least 20:", c)
			os.Exit(2)
		}
		r.tooSlow = map[string]bool{}
		measure(*least, *max, committees, chosen(*only), r)
	}
}

func keys() []string {
	var out []string
	for _, t := range tasks {
		out = append(out, t.key)
	}
	return out
}

// chosen are the tasks with the keys of a list, and the plain pass; all for an
// empty list.
func chosen(list string) []task {
	if list == "" {
		return tasks
	}
	var out []task
	for _, t := range tasks {
		if strings.HasPrefix(t.key, "plain") || slices.Contains(strings.Split(list, ","), t.key) {
			out = append(out, t)
		}
	}
	return out
}

// measure runs tasks on all sizes for one number of committees.
func measure(least, max, committees int, tasks []task, r *rival) {
	before := map[string]time.Duration{}
	for n := least; n <= max; n *= 10 {
		if n < 3*committees {
			continue
		}
		d := generate(n, committees)
		theirs := r.run(d, tasks)
		fmt.Printf("\n%d answers, %d committees; all columns of the data set %s\n", n, committees, size(d.bytes()))
		fmt.Printf("%-46s %10s %10s %9s %8s %8s %8s %10s %9s\n", "task", "time", "cpu", "allocated", "/own", "/all", "growth", "R (cpu)", "R/ours")
		plain := map[string]time.Duration{}
		for _, t := range tasks {
			if t.skip != nil && t.skip(d) {
				continue
			}
			if t.prepare != nil {
				t.prepare(d)
			}
			took, cpu, bytes, err := clock(func() error { return t.run(d) })
			if err != nil {
				fmt.Printf("%-46s %v\n", t.name, err)
				continue
			}
			if strings.HasPrefix(t.key, "plain") {
				plain[t.key] = took
			}
			growth := ""
			if b := before[t.name]; b > 0 {
				growth = fmt.Sprintf("%.1f", float64(took)/float64(b))
			}
			before[t.name] = took
			own, all := uint64(t.reads)*uint64(d.n), d.bytes() // the columns that it reads, and those that there are
			if t.columns != nil {
				own = t.columns(d)
				all = own
			}
			fmt.Printf("%-46s %10s %10s %9s %8.2f %8.2f %8s%s", t.name, short(took), short(cpu), size(bytes), over(bytes, own), over(bytes, all), growth, compared(theirs, t.key, took))
			fmt.Print(inPasses(t.key, took, plain))
			if bytes > 3*own {
				most := held(func() error { return t.run(d) })
				fmt.Printf("   holds at once %.1f of its own columns, %.1f of all", over(most, own), over(most, all))
			}
			fmt.Println()
		}
	}
}

// over is memory in times the columns.
func over(bytes, columns uint64) float64 { return float64(bytes) / float64(columns) }

// passes are the tasks that are measured in plain passes, too: with the key of the
// pass over the columns that they read, where it is another than the plain one.
var passes = map[string]string{"domains": "plain", "means": "plain", "domains2": "plain2", "design": "plain", "design2": "plain2"}

// inPasses is a time in plain passes.
func inPasses(key string, took time.Duration, plain map[string]time.Duration) string {
	own, ok := passes[key]
	if !ok || plain["plain"] == 0 {
		return ""
	}
	text := fmt.Sprintf("   %.1f plain passes", float64(took)/float64(plain["plain"]))
	if own != "plain" {
		text += fmt.Sprintf(", %.1f with households", float64(took)/float64(plain[own]))
	}
	return text
}

func compared(theirs map[string]string, key string, took time.Duration) string {
	v, ok := theirs[key]
	if !ok {
		return ""
	}
	var seconds float64
	if _, err := fmt.Sscan(v, &seconds); err != nil {
		return fmt.Sprintf(" %10s", v)
	}
	d := time.Duration(seconds * float64(time.Second))
	return fmt.Sprintf(" %10s %8.0fx", short(d), float64(d)/float64(took))
}

// clock is the fastest of five runs, or of up to a hundred that take a fifth of a
// second, so that other work on the machine counts little, with the least processor
// time of one, and the bytes it allocates.
func clock(f func() error) (wall, cpu time.Duration, bytes uint64, err error) {
	begin := time.Now()
	for k := 0; k < 5 || k < 100 && time.Since(begin) < 200*time.Millisecond; k++ {
		runtime.GC()
		var m0, m1 runtime.MemStats
		runtime.ReadMemStats(&m0)
		start, used := time.Now(), processorTime()
		if err := f(); err != nil {
			return 0, 0, 0, err
		}
		w, c := time.Since(start), processorTime()-used
		runtime.ReadMemStats(&m1)
		if k == 0 {
			wall, cpu = w, c
		}
		wall, cpu, bytes = min(wall, w), min(cpu, c), m1.TotalAlloc-m0.TotalAlloc
		if w > 3*time.Second {
			break
		}
	}
	return wall, cpu, bytes, nil
}

// held is about the most memory that f holds at once, beyond what is there before: f
// runs once more, garbage is collected early, and the heap is looked at all the time.
func held(f func() error) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	for range 3 { // what pools hold goes with the second
		runtime.GC()
	}
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	before, most := sample[0].Value.Uint64(), uint64(0)
	done := make(chan error)
	go func() { done <- f() }()
	for {
		select {
		case <-done:
			return most
		default:
			metrics.Read(sample)
			most = max(most, sample[0].Value.Uint64()-min(before, sample[0].Value.Uint64()))
			time.Sleep(50 * time.Microsecond)
		}
	}
}

func short(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.0f µs", float64(d)/1e3)
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

func size(b uint64) string {
	switch {
	case b < 1<<20:
		return fmt.Sprintf("%.0f kB", float64(b)/1024)
	case b < 10<<30:
		return fmt.Sprintf("%.1f MB", float64(b)/(1<<20))
	}
	return fmt.Sprintf("%.1f GB", float64(b)/(1<<30))
}

// memoryLeft is the memory that the system can give, 0 where it does not say.
func memoryLeft() uint64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		var kb uint64
		if _, err := fmt.Sscanf(line, "MemAvailable: %d kB", &kb); err == nil {
			return kb << 10
		}
	}
	return 0
}

// cpu is the processor's name where the system tells it.
func cpu() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.SplitSeq(string(text), "\n") {
			if name, ok := strings.CutPrefix(line, "model name"); ok {
				return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
			}
		}
	}
	if out, err := exec.Command("sysctl", "-n", "machdep.cpu.brand_string").Output(); err == nil {
		return strings.TrimSpace(string(out))
	}
	return "unknown processor"
}
