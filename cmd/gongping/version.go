package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"gongping/migrations"
)

// revision is set by the Makefile; where it is not, the Go tool's own stamp is
// used.
var revision string

// build says which program this is. The revision is recorded with every draw
// and run.
type build struct {
	Revision   string `json:"revision"`
	Go         string `json:"go"`
	Platform   string `json:"platform"`
	Migrations int    `json:"migrations"`
	Digest     string `json:"migrations_digest"`
}

func thisBuild() build {
	b := build{Revision: revision, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Migrations: migrations.Latest(), Digest: migrations.Digest()}
	info, ok := debug.ReadBuildInfo()
	if b.Revision != "" || !ok {
		return b
	}
	dirty := ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				dirty = "-modified"
			}
		}
	}
	if b.Revision == "" {
		b.Revision = "unknown"
	}
	b.Revision += dirty
	return b
}

// shown is the revision in short, for the foot of the pages.
func (b build) shown() string {
	if b.Revision == "unknown" {
		return "dev"
	}
	short, dirty := strings.CutSuffix(b.Revision, "-modified")
	short = short[:min(12, len(short))]
	if dirty {
		short += "-modified"
	}
	return short
}

func versionCmd() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "version",
		Short:   "Say which program this is: revision, Go version, schema version",
		Example: "  gongping version\n  gongping version --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			b := thisBuild()
			if asJSON {
				return printJSON(c.OutOrStdout(), b)
			}
			_, err := fmt.Fprintf(c.OutOrStdout(), "gongping %s\n%s %s\nschema %d (%s)\n", b.Revision, b.Go, b.Platform, b.Migrations, b.Digest[:12])
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// printJSON writes v for a script to read.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
