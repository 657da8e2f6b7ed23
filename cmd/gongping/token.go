package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
)

func tokenCmd() *cobra.Command {
	var district string
	var asJSON bool
	c := &cobra.Command{
		Use:   "token LOGIN NAME",
		Short: "Make a token with which a program acts as an account",
		Long: `Prints a new token, once. A program sends it as "Authorization: Bearer TOKEN" and may
do what the account may, for 90 days. Tokens are listed and revoked on the account's page.`,
		Example: `  gongping token auditor1 "nightly export"
  curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/api/v1/rounds`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			b, who, err := openAs(c.Context(), district, args[0])
			if err != nil {
				return err
			}
			defer b.Close()
			secret, t, err := b.Account.IssueToken(c.Context(), who, args[1])
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(c.OutOrStdout()).Encode(map[string]any{"token": secret, "id": t.ID, "name": t.Name, "expires_at": t.ExpiresAt})
			}
			fmt.Fprintf(c.OutOrStdout(), "%s\n", secret)
			fmt.Fprintf(c.ErrOrStderr(), "valid until %s; it is shown only now\n", t.ExpiresAt.Format("2006-01-02"))
			return nil
		},
	}
	c.Flags().StringVar(&district, "district", "", "district code (default: GONGPING_DISTRICT)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
