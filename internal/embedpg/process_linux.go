//go:build linux

package embedpg

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// childAttr gives the child its own process group, so that Ctrl-C in a terminal
// reaches only us and we stop the database after the last request; and asks the
// kernel to stop it, cleanly, when the thread that started it ends.
func childAttr(c *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: c, Setpgid: true, Pdeathsig: syscall.SIGINT}
}

// processesIn lists the PostgreSQL processes whose working directory is dir,
// which is where every one of them stands. Zombies have none and do not count,
// nor does an operator's shell that happens to be there.
func processesIn(dir string) (pids []int, known bool) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, true
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, false
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		// Unreadable means another user's, who could not have entered the
		// cluster, which is 0700.
		if cwd, err := os.Readlink("/proc/" + e.Name() + "/cwd"); err != nil || cwd != real {
			continue
		}
		if comm, err := os.ReadFile("/proc/" + e.Name() + "/comm"); err == nil && strings.HasPrefix(string(comm), "post") {
			pids = append(pids, pid)
		}
	}
	return pids, true
}
