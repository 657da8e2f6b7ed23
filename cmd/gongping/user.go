package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"gongping/internal/app/account"
	"gongping/internal/authz"
	"gongping/internal/errs"
)

func userCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "user",
		Short: "Make and list accounts, reset passwords",
		Long: `Accounts have one role and one area. The first administrator is made here; further
accounts can be made on the page "Accounts". The password is asked for, or read from
the first line of standard input when that is no terminal: never from an argument.`,
		Example: `  gongping user add chen --role admin --name 陈某 --area 310104
  gongping user list --json
  echo 'a new long password' | gongping user password chen`,
	}
	c.AddCommand(userAddCmd(), userListCmd(), userPasswordCmd())
	return c
}

func userAddCmd() *cobra.Command {
	var n account.New
	var role, district string
	c := &cobra.Command{
		Use: "add LOGIN", Short: "Make an account", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			b, who, err := openAs(c.Context(), district, "")
			if err != nil {
				return err
			}
			defer b.Close()
			n.Login, n.Role = args[0], authz.Role(role)
			if n.Area == "" {
				n.Area = who.District
			}
			if n.Password, err = readPassword(); err != nil {
				return err
			}
			id, err := b.Account.Create(c.Context(), who, n)
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "account %s made (%s, %s, %s)\n", n.Login, role, n.Area, id)
			}
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&role, "role", "", "admin, manager, evaluator, supervisor, leader, worker, panel, auditor or department")
	f.StringVar(&n.Name, "name", "", "name to show")
	f.StringVar(&n.Area, "area", "", "area code of 6, 9 or 12 digits (default: the district)")
	f.StringVar(&n.WorkerNo, "worker-no", "", "staff number, for workers")
	f.StringVar(&n.Department, "department", "", "code of the department, for accounts of departments")
	f.StringVar(&district, "district", "", "district code (default: GONGPING_DISTRICT)")
	_ = c.MarkFlagRequired("role")
	_ = c.MarkFlagRequired("name")
	return c
}

func userListCmd() *cobra.Command {
	var asJSON bool
	var district string
	c := &cobra.Command{
		Use: "list", Short: "List the accounts of a district", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			b, who, err := openAs(c.Context(), district, "")
			if err != nil {
				return err
			}
			defer b.Close()
			list, err := b.Account.List(c.Context(), who)
			if err != nil {
				return err
			}
			if asJSON {
				type row struct {
					ID, Login, Name, Role, Area string
					Disabled                    bool
				}
				rows := make([]row, 0, len(list))
				for _, a := range list {
					rows = append(rows, row{a.ID, a.Login, a.Name, a.Role, a.Area, a.DisabledAt != nil})
				}
				return json.NewEncoder(c.OutOrStdout()).Encode(rows)
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "LOGIN\tROLE\tAREA\tNAME\tSTATE")
			for _, a := range list {
				state := "active"
				if a.DisabledAt != nil {
					state = "disabled"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", a.Login, a.Role, a.Area, a.Name, state)
			}
			return w.Flush()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().StringVar(&district, "district", "", "district code (default: GONGPING_DISTRICT)")
	return c
}

func userPasswordCmd() *cobra.Command {
	var district string
	c := &cobra.Command{
		Use: "password LOGIN", Short: "Set a new password; all sessions of the account end", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			b, who, err := openAs(c.Context(), district, "")
			if err != nil {
				return err
			}
			defer b.Close()
			whose, err := b.Account.ByLogin(c.Context(), who.District, args[0])
			if err != nil {
				return err
			}
			password, err := readPassword()
			if err != nil {
				return err
			}
			if err := b.Account.ResetPassword(c.Context(), who, whose.AccountID, password); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "the password of %s is set; its sessions have ended\n", args[0])
			return nil
		},
	}
	c.Flags().StringVar(&district, "district", "", "district code (default: GONGPING_DISTRICT)")
	return c
}

// readPassword asks at the terminal, or takes the first line of standard input.
func readPassword() (string, error) {
	if fd := int(os.Stdin.Fd()); term.IsTerminal(fd) {
		fmt.Fprint(os.Stderr, "password: ")
		b, err := term.ReadPassword(fd)
		fmt.Fprintln(os.Stderr)
		return string(b), err
	}
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errs.Wrap(err, errs.Invalid, "account.no_password", "no password was given").
			At("standard input", "nothing", "the password on the first line", "type it, or pipe it in")
	}
	return line, nil
}
