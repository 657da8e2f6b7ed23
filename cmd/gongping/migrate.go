package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"gongping/internal/config"
	"gongping/internal/telemetry"
	"gongping/migrations"
)

func migrateCmd() *cobra.Command {
	var asJSON, statusOnly bool
	c := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database schema up to this program's version",
		Long: `Brings the database schema up to this program's version, one step after the other,
each in a transaction. Steps go forward only. "gongping serve" does this by itself;
run it beforehand to see what would happen, or where the service's own database
user may not change the schema.`,
		Example: `  gongping migrate --status
  GONGPING_DATABASE_URL=postgres://owner:…@db/gongping gongping migrate`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := config.Load()
			if err != nil {
				return err
			}
			ctx := c.Context()
			d, err := openDatabase(ctx, cfg, telemetry.NewLogger(os.Stderr, slog.LevelWarn))
			if err != nil {
				return err
			}
			defer d.Close()
			if !statusOnly {
				if err := d.Migrate(ctx, c.ErrOrStderr()); err != nil {
					return err
				}
			}
			st, err := migrations.Status(ctx, d.Owner)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), st)
			}
			if st.Done() {
				_, err = fmt.Fprintf(c.OutOrStdout(), "The schema is at step %d of %d: up to date.\n", st.Current, st.Latest)
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "The schema is at step %d of %d. Pending:\n", st.Current, st.Latest)
			for _, name := range st.Pending {
				fmt.Fprintln(c.OutOrStdout(), "  "+name)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&statusOnly, "status", false, "only say what is pending")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
