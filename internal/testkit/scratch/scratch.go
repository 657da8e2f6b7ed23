// Package scratch starts a PostgreSQL that lives no longer than the program
// that asked for it.
package scratch

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"time"

	"gongping/internal/embedpg"
)

// Start starts a PostgreSQL of this program's own, with settings beside those
// of embedpg, and returns the address of its database postgres. It stops, and
// its directory goes, when the program ends in whatever way.
func Start(settings map[string]string) (string, error) {
	dir, err := os.MkdirTemp(place(), "gongping-test-")
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		return "", err
	}
	if err := watch(dir); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	s, err := embedpg.Start(ctx, embedpg.Config{Dir: dir, Scratch: true, Settings: settings})
	if err != nil {
		return "", err
	}
	return s.URL("postgres"), nil
}

// cleaner waits until its input ends, which the kernel sees to when the
// program ends in whatever way, then stops the server and removes its directory.
const cleaner = `trap '' INT TERM HUP
read -r _
pid=$(head -n 1 "$1/pg/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then kill -QUIT "$pid" 2>/dev/null; fi
n=0
while [ -e "$1/pg/postmaster.pid" ] && [ $n -lt 100 ]; do sleep 0.05; n=$((n+1)); done
rm -rf "$1"`

// watch starts the cleaner. A Go program has no hook that runs at its end, and
// none could run when it is killed.
func watch(dir string) error {
	cmd := exec.Command("/bin/sh", "-c", cleaner, "gongping-test-cleaner", dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	alive, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	_ = alive // open until the program ends
	keep = append(keep, alive)
	return cmd.Start()
}

// keep holds on to the pipes, which the collector would otherwise close.
var keep []any
