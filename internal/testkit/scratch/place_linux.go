package scratch

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// memory is a file system that is held in memory.
const memory = "/dev/shm"

// plenty is how much must be free for the cluster to be kept in memory: its
// write-ahead log alone may grow to 2 GB (embedpg).
const plenty = 6 << 30

// place is where the cluster's directory is made: in memory where there is
// plenty of it, because a new database is a copy of a thousand small files, and
// otherwise where temporary files are. TMPDIR has the last word.
func place() string {
	if os.Getenv("TMPDIR") != "" {
		return ""
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(memory, &fs); err != nil || fs.Bavail*uint64(fs.Bsize) < plenty || available() < plenty {
		return ""
	}
	return memory
}

// available is the memory in bytes that programs can still get.
func available() (bytes uint64) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "MemAvailable:"); ok {
			var kib uint64
			fmt.Sscan(rest, &kib)
			return kib << 10
		}
	}
	return 0
}
