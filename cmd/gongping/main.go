// Command gongping is the whole service in one program: it serves the pages and
// the API, runs its own database when none is given, and does from the command
// line what an operator or an auditor needs.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // deadlines are in local time, also where the machine has no zones

	"github.com/spf13/cobra"

	"gongping/internal/config"
	"gongping/internal/errs"
)

// commands are the subcommands, in the order in which help lists them.
func commands() []*cobra.Command {
	return []*cobra.Command{
		serveCmd(),
		migrateCmd(),
		importCmd(),
		drawCmd(),
		scoreCmd(),
		auditCmd(),
		userCmd(), wordsCmd(),
		tokenCmd(),
		doctorCmd(),
		conformanceCmd(),
		simulateCmd(),
		analyzeCmd(),
		versionCmd(),
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() { <-ctx.Done(); stop() }() // a second signal ends the program at once
	if c, err := rootCmd().ExecuteContextC(ctx); err != nil {
		if misused(err) {
			err = usageError{fmt.Errorf("%w (see: %s --help)", err, c.CommandPath())}
		}
		for _, line := range explained(err, speaker(c)) {
			fmt.Fprintln(os.Stderr, "gongping:", line)
		}
		os.Exit(exitStatus(err))
	}
}

// rootCmd builds the command tree.
func rootCmd() *cobra.Command {
	cobra.EnableCommandSorting = false
	root := &cobra.Command{
		Use:   "gongping",
		Short: "公评 Gongping: resident evaluation, surveyed and scored so that every figure can be rebuilt",
		Long: `公评 Gongping draws verifiable samples of residents, collects their ratings, scores
committees and workers robustly, and keeps every figure rebuildable.

With no settings at all it runs its own PostgreSQL in the data directory.

Settings (environment variables):
` + settingsHelp(),
		Example: `  gongping serve --demo        # look around in a demonstration district
  gongping serve               # run the service on your own data
  gongping doctor              # check the set-up and learn how to mend it`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(commands()...)
	// Now, not at the start, so that explain sees them.
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	explain(root)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w (see: %s --help)", err, c.CommandPath())}
	})
	return root
}

func settingsHelp() string {
	var b strings.Builder
	for _, s := range config.Settings() {
		fmt.Fprintf(&b, "  %-26s %s (default: %s)\n", s.Name, s.About, s.Default)
	}
	return strings.TrimRight(b.String(), "\n")
}

// explain makes wrong use below root say what would be right: a group of
// commands names them instead of printing its help with success, and a wrong
// number of arguments shows which are expected.
func explain(c *cobra.Command) {
	for _, sub := range c.Commands() {
		explain(sub)
		if sub.Name() == "help" && !c.HasParent() {
			// The library's own ends with success whatever it was asked for.
			sub.Run, sub.RunE = nil, helpOn
		}
		if check := sub.Args; check != nil {
			sub.Args = func(c *cobra.Command, args []string) error {
				if err := check(c, args); err != nil {
					return usageError{fmt.Errorf("%w; usage: %s (see: %s --help)", err, c.UseLine(), c.CommandPath())}
				}
				return nil
			}
		}
		if !sub.HasSubCommands() || sub.Runnable() {
			continue
		}
		var names []string
		for _, each := range sub.Commands() {
			names = append(names, each.Name())
		}
		sub.Args = func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unknown command %q for %q: choose %s (see: %s --help)", args[0], c.CommandPath(), strings.Join(names, ", "), c.CommandPath())}
			}
			return nil
		}
		sub.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	}
}

// helpOn prints the help of the command that args name.
func helpOn(c *cobra.Command, args []string) error {
	about, rest, err := c.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return usageError{fmt.Errorf("there is no command %q (see: %s --help)", strings.Join(args, " "), c.Root().Name())}
	}
	return about.Help()
}

// misused tells whether err is one of cobra's own about wrong use, which says
// nothing of where help is.
func misused(err error) bool {
	return strings.HasPrefix(err.Error(), "required flag") ||
		strings.HasPrefix(err.Error(), "unknown command") && !errors.As(err, new(usageError))
}

// usageError is a wrong flag or argument: exit status 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// exitStatus is 2 for wrong use, 130 after Ctrl-C, 1 for everything else.
func exitStatus(err error) int {
	var u usageError
	switch {
	case errors.As(err, &u):
		return 2
	case errors.Is(err, context.Canceled):
		return 130
	}
	return 1
}

// sentences are the lines that explain err: its own, or, where several faults
// were joined, each of them, and the details of each.
func sentences(err error) []string {
	var lines []string
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range j.Unwrap() {
			lines = append(lines, sentences(e)...)
		}
		return lines
	}
	lines = append(lines, err.Error())
	if e, ok := errors.AsType[*errs.Error](err); ok {
		for _, d := range e.Details {
			lines = append(lines, "  "+d.Error())
		}
	}
	return lines
}
