//go:build unix && !linux

package embedpg

import "syscall"

// childAttr gives the child its own process group; a signal at the parent's
// death exists on Linux only. The next start stops an orphan through its lock.
func childAttr(c *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: c, Setpgid: true}
}

// processesIn cannot tell without /proc.
func processesIn(string) (pids []int, known bool) { return nil, false }
