package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// spent is processor time: of this process (clients and service), of the
// database, and of pgbench. Unlike a rate it hardly depends on what else the
// machine does.
type spent struct{ own, database, child time.Duration }

func (s spent) less(t spent) spent {
	return spent{s.own - t.own, s.database - t.database, s.child - t.child}
}

// per prints the microseconds of each for one of n.
func (s spent) per(n int) string {
	us := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(max(n, 1)) }
	return fmt.Sprintf("%3.0f+%3.0f", us(s.own+s.child), us(s.database))
}

// begin and since look in opposite order, so that looking through the processes,
// which takes time itself, is not counted.
func (b *bench) begin() spent {
	db := b.databaseTime()
	return spent{usage(syscall.RUSAGE_SELF), db, usage(syscall.RUSAGE_CHILDREN)}
}

func (b *bench) since(t spent) spent {
	own, child := usage(syscall.RUSAGE_SELF), usage(syscall.RUSAGE_CHILDREN)
	return spent{own, b.databaseTime(), child}.less(t)
}

func usage(who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// databaseTime adds up postmaster, its living children and those that ended.
func (b *bench) databaseTime() time.Duration {
	pid, err := os.ReadFile(filepath.Join(b.dir, "pg", "postmaster.pid"))
	if err != nil {
		return 0
	}
	master, _, _ := strings.Cut(string(pid), "\n")
	var ticks int64
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		i := bytes.LastIndexByte(data, ')')
		f := strings.Fields(string(data[i+1:])) // state is f[0]
		if i < 0 || len(f) < 15 {
			continue
		}
		own := filepath.Base(filepath.Dir(name)) == master
		if !own && f[1] != master {
			continue
		}
		for _, k := range []int{11, 12, 13, 14} {
			if k > 12 && !own {
				break // of children that were waited for: the postmaster's only
			}
			v, _ := strconv.ParseInt(f[k], 10, 64)
			ticks += v
		}
	}
	return time.Duration(ticks) * (time.Second / 100)
}
