//go:build linux

package testkit

import (
	"os/exec"
	"syscall"
)

// endWithParent asks the kernel to kill the child should the test program's
// starting thread end first, so that a killed test leaves nothing behind.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
