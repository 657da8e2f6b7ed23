// Command beside runs a command beside one scratch PostgreSQL and ends with its
// status. All test programs that the command starts share the server, through
// GONGPING_TEST_DATABASE_URL, so that each need not make a cluster and migrate a
// template of its own. Where that variable is set already, or no PostgreSQL
// starts, the command runs as it is, and each test program says what it lacks.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"

	"gongping/internal/testkit/scratch"
)

const variable = "GONGPING_TEST_DATABASE_URL"

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "beside COMMAND [ARGUMENT]...")
		os.Exit(2)
	}
	// An interrupt from the keyboard reaches the command as well, and it is the
	// command that decides when to end. (Ignored signals would be inherited.)
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGHUP, syscall.SIGTERM)
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = os.Stdin, os.Stdout, os.Stderr, os.Environ()
	if os.Getenv(variable) == "" {
		// Each program has two pools of at most eight for every test under way, and
		// runs as many tests at once as there are processors.
		n := min(max(200, 50*runtime.NumCPU()), 2000)
		url, err := scratch.Start(map[string]string{"max_connections": strconv.Itoa(n)})
		if err != nil {
			fmt.Fprintf(os.Stderr, "no shared test server, so each test program looks for its own: %v\n", err)
		} else {
			cmd.Env = append(cmd.Env, variable+"="+url)
		}
	}
	err := cmd.Run()
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended) && ended.ExitCode() >= 0:
		os.Exit(ended.ExitCode())
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
