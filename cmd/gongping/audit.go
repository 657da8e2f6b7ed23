package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"gongping/internal/app/auditlog"
	"gongping/internal/audit"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/auditdb"
)

func auditCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "audit",
		Short: "Read and verify the audit log; sign checkpoints",
		Long: `Every act and every read of personal data is a record whose hash covers the one before.
A signed checkpoint, lodged elsewhere, proves later that nothing up to it was rewritten.`,
		Example: `  gongping audit verify
  gongping audit checkpoint > audit-2026-11.json
  gongping audit verify --checkpoint audit-2026-11.json
  gongping audit list --action identity.read`,
	}
	c.AddCommand(auditVerifyCmd(), auditCheckpointCmd(), auditListCmd())
	return c
}

func onAudit(c *cobra.Command, district, as string, fn func(context.Context, *auditlog.Service, authz.Actor) error) error {
	b, who, err := openAs(c.Context(), district, as)
	if err != nil {
		return err
	}
	defer b.Close()
	return fn(c.Context(), &auditlog.Service{Core: b.Core}, who)
}

func auditVerifyCmd() *cobra.Command {
	var district, as, file string
	var asJSON bool
	c := &cobra.Command{
		Use: "verify", Short: "Compute every hash again and name the first altered record", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var against *audit.Checkpoint
			if file != "" {
				data, err := os.ReadFile(file)
				if err != nil {
					return err
				}
				point, err := audit.DecodeCheckpoint(data)
				if err != nil {
					return err
				}
				against = &point
			}
			return onAudit(c, district, as, func(ctx context.Context, s *auditlog.Service, who authz.Actor) error {
				r, err := s.Verify(ctx, who, against)
				if err != nil {
					return err
				}
				return report(c, r, asJSON)
			})
		},
	}
	districtFlags(c, &district, &as)
	c.Flags().StringVar(&file, "checkpoint", "", "a lodged checkpoint to verify against")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func report(c *cobra.Command, r auditlog.Report, asJSON bool) error {
	w := c.OutOrStdout()
	switch {
	case asJSON:
		if err := printJSON(w, r); err != nil {
			return err
		}
	case r.OK:
		fmt.Fprintf(w, "intact: %d records follow from one another\nhead  %s\n", r.Records, r.Head)
		if r.Checkpoint != nil {
			fmt.Fprintln(w, "the log agrees with the checkpoint")
		}
	}
	if r.Checkpoint != nil && !r.OwnKey && !asJSON {
		fmt.Fprintln(c.ErrOrStderr(), "the checkpoint was signed with another installation's key")
	}
	if r.OrEarlier {
		return errs.New(errs.Differs, "auditlog.not_intact", "the log was altered; first altered record: %d or an earlier one (%s)", r.FirstAt, r.Fault)
	}
	if !r.OK {
		return errs.New(errs.Differs, "auditlog.not_intact", "the log was altered; first altered record: %d (%s)", r.FirstAt, r.Fault)
	}
	return nil
}

func auditCheckpointCmd() *cobra.Command {
	var district, as string
	c := &cobra.Command{
		Use: "checkpoint", Short: "Verify the log, sign its head and print it, to be lodged elsewhere", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return onAudit(c, district, as, func(ctx context.Context, s *auditlog.Service, who authz.Actor) error {
				point, err := s.Checkpoint(ctx, who)
				if err != nil {
					return err
				}
				return printJSON(c.OutOrStdout(), point)
			})
		},
	}
	districtFlags(c, &district, &as)
	return c
}

func auditListCmd() *cobra.Command {
	var district, as string
	var f auditdb.Filter
	var personal, asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List records, newest first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return onAudit(c, district, as, func(ctx context.Context, s *auditlog.Service, who authz.Actor) error {
				p, err := s.List(ctx, who, f, personal)
				if err != nil {
					return err
				}
				if asJSON {
					list := make([]audit.Entry, 0, len(p.Records))
					for _, r := range p.Records {
						list = append(list, r.Entry)
					}
					return printJSON(c.OutOrStdout(), list)
				}
				w := tabwriter.NewWriter(c.OutOrStdout(), 0, 4, 2, ' ', 0)
				fmt.Fprintln(w, "NO.\tTIME\tROLE\tACTION\tOBJECT\tDETAIL")
				for _, r := range p.Records {
					fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s %.8s\t%s\n", r.Seq, r.At.Format("2006-01-02 15:04:05"), r.ActorRole, r.Action, r.Kind, r.Entry.ID, r.Detail)
				}
				return w.Flush()
			})
		},
	}
	districtFlags(c, &district, &as)
	c.Flags().StringVar(&f.Actor, "actor", "", "only of this account id")
	c.Flags().StringVar(&f.Action, "action", "", "only this action, for example identity.read")
	c.Flags().StringVar(&f.Kind, "object", "", "only this kind of object")
	c.Flags().StringVar(&f.ID, "id", "", "only this object")
	c.Flags().Int64Var(&f.Before, "before", 0, "only records with a smaller number")
	c.Flags().IntVar(&f.Limit, "limit", auditlog.PageSize, "at most so many records")
	c.Flags().BoolVar(&personal, "personal", false, "only reads of personal data")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
