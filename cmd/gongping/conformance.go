package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"gongping/internal/conformance"
)

// conformanceCmd checks the statistics engine against reference cases.
func conformanceCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "conformance DIR",
		Short: "Check the statistics against reference cases of other software",
		Long: `Conformance runs every case file (<case>.json with its CSV) in DIR through the
functions that the service uses and compares with the numbers in the file.
It lists each case with the number of compared values and the largest relative
difference. Methods without an adapter are listed as unsupported.
The exit status is 1 if any case differs or cannot be read.`,
		Example: `  gongping conformance reference/
  gongping conformance --json reference/ > conformance.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			exit, err := conformance.Run(c.Context(), args[0], c.OutOrStdout(), asJSON)
			if err == nil && exit != 0 {
				err = fmt.Errorf("conformance: some cases differ or cannot be read; the table above says which")
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON instead of a table")
	return cmd
}
